/**
 * A store that serves its files itself, for clusters without a shared file system.
 *
 * @module
 */

import { join } from "node:path";
import type { FileServer } from "./file_server.ts";
import {
  checkSharedFileName,
  notStored,
  type ResourceStore,
  writeAtomically,
} from "./resource_store.ts";

/** Provides `http:` URLs, valid while the server runs. Removes its files when closed. */
export class HttpStore implements ResourceStore {
  readonly #server: FileServer;
  readonly #directory: string;
  readonly #files = new Map<string, { path: string; url: string }>();

  /**
   * Creates a store without files.
   *
   * @param server Serves the files; its creator closes it after the store.
   * @param directory Holds the files; created when needed.
   */
  constructor(server: FileServer, directory: string) {
    this.#server = server;
    this.#directory = directory;
  }

  /** Stores a content; see {@linkcode ResourceStore}. */
  async writeSharedFileStream(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    checkSharedFileName(name);
    const path = join(this.#directory, name);
    await writeAtomically(path, content);
    this.#files.set(name, { path, url: this.#server.publish(name, path) });
  }

  /** Its `http:` URL; see {@linkcode ResourceStore}. */
  getSharedPublicUrl(name: string): Promise<string> {
    const file = this.#files.get(name);
    return file ? Promise.resolve(file.url) : Promise.reject(notStored(name));
  }

  /** Unpublishes and removes its files. Idempotent. */
  async close(): Promise<void> {
    const files = [...this.#files];
    this.#files.clear();
    for (const [name, { path }] of files) {
      this.#server.withdraw(name);
      await Deno.remove(path);
    }
  }
}
