/**
 * Serves a few files over HTTP to whoever knows their address: user scripts, and this program
 * itself to the agents that fetch it.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";

const logger = getLogger("resource");

/** Bytes of chance in the path of every URL. */
const SECRET_BYTES = 16;

/** Where a {@linkcode FileServer} listens, and how others reach it. */
export interface FileServerOptions {
  /** The address to listen on. */
  hostname: string;
  /** The port; 0 for any that is free. @default {0} */
  port?: number;
  /** The host in the URLs that are given out. @default {hostname} */
  advertisedHost?: string;
}

/** Serves the files that are published, and answers 404 to all else. Owns its socket. */
export class FileServer {
  readonly #files = new Map<string, string>();
  readonly #root = `/${
    new Uint8Array(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toHex()
  }/`;
  readonly #cut = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #host: string;

  /**
   * Listens at once.
   *
   * @param options Addresses.
   */
  constructor({ hostname, port = 0, advertisedHost = hostname }: FileServerOptions) {
    this.#server = Deno.serve({
      hostname,
      port,
      signal: this.#cut.signal,
      onListen: () => {},
      onError: (error) => {
        logger.warn("Cannot serve a file: {error}", { error });
        return new Response(null, { status: 500 });
      },
    }, (request) => this.#answer(request));
    const host = advertisedHost.includes(":") ? `[${advertisedHost}]` : advertisedHost;
    this.#host = `${host}:${this.#server.addr.port}`;
  }

  /** Serves a file from now on, in place of another of that name. Gives its URL. */
  publish(name: string, path: string): string {
    const urlPath = this.#root + encodeURIComponent(name);
    this.#files.set(urlPath, path);
    return `http://${this.#host}${urlPath}`;
  }

  /** Serves a file no longer. */
  withdraw(name: string): void {
    this.#files.delete(this.#root + encodeURIComponent(name));
  }

  /** Stops listening and cuts the downloads that are under way. Idempotent. */
  async close(): Promise<void> {
    this.#files.clear();
    this.#cut.abort();
    await this.#server.finished;
  }

  async #answer({ method, url }: Request): Promise<Response> {
    const path = this.#files.get(new URL(url).pathname);
    if (path === undefined) return new Response(null, { status: 404 });
    if (method !== "GET" && method !== "HEAD") {
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    }
    const file = await Deno.open(path).catch(() => undefined);
    if (!file) return new Response(null, { status: 404 });
    const { size } = await file.stat();
    const headers = { "content-type": "application/octet-stream", "content-length": `${size}` };
    if (method === "GET") return new Response(file.readable, { headers });
    file.close();
    return new Response(null, { headers });
  }
}
