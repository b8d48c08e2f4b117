/**
 * A store in a directory that every node can see, for example on NFS.
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

/** Hands out `file:` URLs. The files stay when it is closed: jobs may outlive the scheduler. */
export class DirectoryStore implements ResourceStore {
  readonly #directory: string;

  /**
   * A store in a directory, which is made when needed.
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

  /** Nothing is held open. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
