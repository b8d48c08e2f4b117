/**
 * Serves a few files over HTTP: user scripts at secret URLs, and this program itself, at one that
 * names its content, to the agents that fetch it.
 *
 * @module
 */

import { BoundedServer } from "../http/bounded_server.ts";
import { fetchHandler } from "../http/request_handler.ts";

/** More clients than this at a time wait until others have been served. */
const MAX_DOWNLOADS = 128;

/** Bytes to read at a time. */
const READ_BYTES = 64 * 1024;

/** Bytes of chance in the path of every URL. */
const SECRET_BYTES = 16;

/** Options of a {@linkcode FileServer}. */
export interface FileServerOptions {
  /** The address to listen on. */
  hostname: string;
  /** The port; 0 picks a free one. @default {0} */
  port?: number;
  /** The host in URLs. @default {hostname} */
  advertisedHost?: string;
}

/** Serves published files, and answers 404 to other requests. Owns its socket. */
export class FileServer {
  readonly #files = new Map<string, string>();
  readonly #root = `/${
    new Uint8Array(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toHex()
  }/`;
  readonly #server: BoundedServer;
  readonly #host: string;

  /**
   * Listens at once.
   *
   * @param options Addresses.
   */
  constructor({ hostname, port = 0, advertisedHost = hostname }: FileServerOptions) {
    const listener = Deno.listen({ hostname, port });
    this.#server = new BoundedServer(listener, fetchHandler((request) => this.#answer(request)), {
      maxConnections: MAX_DOWNLOADS,
    });
    const host = advertisedHost.includes(":") ? `[${advertisedHost}]` : advertisedHost;
    this.#host = `${host}:${listener.addr.port}`;
  }

  /** Publishes a file, replacing another of that name, and returns its URL. */
  publish(name: string, path: string): string {
    return this.#publish(this.#root + encodeURIComponent(name), path);
  }

  /**
   * Publishes a file that is not secret and returns its URL: it changes with the content alone, so
   * that it can be cached.
   *
   * @param digest SHA-256 of the content, in hexadecimal digits.
   */
  publishContent(name: string, path: string, digest: string): string {
    return this.#publish(`/${digest}/${encodeURIComponent(name)}`, path);
  }

  #publish(urlPath: string, path: string): string {
    this.#files.set(urlPath, path);
    return `http://${this.#host}${urlPath}`;
  }

  /** Unpublishes a file. */
  withdraw(name: string): void {
    this.#files.delete(this.#root + encodeURIComponent(name));
  }

  /** Stops listening and aborts downloads in progress. Idempotent. */
  async close(): Promise<void> {
    this.#files.clear();
    await this.#server.close();
  }

  async #answer({ method, url }: Request): Promise<Response> {
    const path = this.#files.get(new URL(url).pathname);
    if (path === undefined) return answer(404);
    if (method !== "GET" && method !== "HEAD") return answer(405, { Allow: "GET, HEAD" });
    const file = await Deno.open(path).catch(() => undefined);
    if (!file) return answer(404);
    try {
      const { size } = await file.stat();
      const body = method === "GET" && size > 0 ? contentOf(file, size) : null;
      if (!body) file.close();
      const type = { "Content-Type": "application/octet-stream" };
      return answer(200, { ...type, "Content-Length": String(size) }, body);
    } catch (error) {
      file.close();
      throw error;
    }
  }
}

/** A download is a single request: it does not keep its connection. */
function answer(
  status: number,
  headers: Record<string, string> = {},
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null = null,
): Response {
  return new Response(body, { status, headers: { ...headers, Connection: "close" } });
}

/** The first bytes of a file, which is closed after them. */
function contentOf(file: Deno.FsFile, size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = size;
  return new ReadableStream({
    pull: async (controller) => {
      const buffer = new Uint8Array(Math.min(left, READ_BYTES));
      const count = await file.read(buffer).catch(() => null);
      if (count === null) {
        file.close();
        throw new Error("Cannot send the file: it has shrunk, or can't be read");
      }
      left -= count;
      controller.enqueue(buffer.subarray(0, count));
      if (left > 0) return;
      file.close();
      controller.close();
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
