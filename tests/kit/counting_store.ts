/**
 * A store for user scripts that counts how often they are fetched.
 *
 * @module
 */

import type { ResourceStore } from "../../resource/resource_store.ts";

/** Keeps contents in memory and serves them over HTTP. */
export class CountingStore implements ResourceStore, AsyncDisposable {
  /** How often anything was fetched. */
  fetches = 0;
  readonly #contents = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /**
   * A store without contents.
   *
   * @param hostname An address of this machine at which the nodes reach it.
   */
  constructor(hostname: string) {
    this.#server = Deno.serve({ hostname, port: 0, onListen: () => {} }, (request) => {
      this.fetches++;
      return new Response(this.#contents.get(new URL(request.url).pathname.slice(1)) ?? null);
    });
  }

  /** Stores a content; see {@linkcode ResourceStore}. */
  async writeSharedFileStream(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const bytes = await new Response(ReadableStream.from(content)).bytes();
    this.#contents.set(name, bytes);
  }

  /** Where it is served; see {@linkcode ResourceStore}. */
  getSharedPublicUrl(name: string): Promise<string> {
    const { hostname, port } = this.#server.addr;
    return Promise.resolve(`http://${hostname}:${port}/${name}`);
  }

  /** Ends the server. */
  async close(): Promise<void> {
    await this.#server.shutdown();
  }

  /** Ends the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
