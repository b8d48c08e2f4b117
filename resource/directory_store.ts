/**
 * A store in a directory that every node can read, for example on NFS.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  checkSharedFileName,
  notStored,
  type ResourceStore,
  writeAtomically,
} from "./resource_store.ts";

/** Provides `file:` URLs. The files remain after `close`, since jobs may outlive the scheduler. */
export class DirectoryStore implements ResourceStore {
  readonly #directory: string;

  /**
   * Creates a store in a directory, which is created when needed.
   *
   * @param directory Its path, the same on all nodes.
   */
  constructor(directory: string) {
    this.#directory = resolve(directory);
  }

  /** Stores a content; see {@linkcode ResourceStore}. */
  async writeSharedFileStream(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    checkSharedFileName(name);
    await writeAtomically(join(this.#directory, name), content);
  }

  /** Its `file:` URL; see {@linkcode ResourceStore}. */
  async getSharedPublicUrl(name: string): Promise<string> {
    checkSharedFileName(name);
    const path = join(this.#directory, name);
    await Deno.stat(path).catch(() => {
      throw notStored(name);
    });
    return pathToFileURL(path).href;
  }

  /** Does nothing: the store holds no resources. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
