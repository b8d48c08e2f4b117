/**
 * Serves a few files over HTTP to those who know their address: user scripts, and this program
 * itself to the agents that fetch it.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { ByteReader } from "../http/byte_reader.ts";
import { IdleTimer } from "../http/idle_timer.ts";
import { getLogger } from "../support/log.ts";

const logger = getLogger("resource");

/** More clients than this at a time wait until others have been served. */
const MAX_CONNECTIONS = 128;

/** How long a client may take to ask. */
const HEAD_TIMEOUT_MS = 10_000;

/** How long a client may take nothing of what it has asked for. */
const IDLE_TIMEOUT_MS = 60_000;

/** Before connections are accepted again, where that was not possible. */
const ACCEPT_PAUSE_MS = 500;

/** The longest request; it has no body. */
const MAX_REQUEST_HEAD_BYTES = 16 * 1024;

/** How much is read at a time. */
const READ_BYTES = 64 * 1024;

const REQUEST_LINE_REGEXP = /^([A-Z]{1,20}) (\S+) HTTP\/1\.[01]$/;

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
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Map<Deno.TcpConn, Promise<void>>();
  readonly #accepting: Promise<void>;
  readonly #host: string;

  /**
   * Listens at once.
   *
   * @param options Addresses.
   */
  constructor({ hostname, port = 0, advertisedHost = hostname }: FileServerOptions) {
    this.#listener = Deno.listen({ hostname, port });
    const host = advertisedHost.includes(":") ? `[${advertisedHost}]` : advertisedHost;
    this.#host = `${host}:${this.#listener.addr.port}`;
    this.#accepting = this.#accept();
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
    if (!this.#cut.signal.aborted) {
      this.#files.clear();
      this.#cut.abort();
      this.#listener.close();
      for (const connection of this.#connections.keys()) closeQuietly(connection);
    }
    await Promise.all([this.#accepting, ...this.#connections.values()]);
  }

  async #accept(): Promise<void> {
    const { signal } = this.#cut;
    while (!signal.aborted) {
      // Further clients wait in the kernel.
      if (this.#connections.size >= MAX_CONNECTIONS) await Promise.race(this.#connections.values());
      try {
        const connection = await this.#listener.accept();
        const served = this.#serve(connection).finally(() => this.#connections.delete(connection));
        this.#connections.set(connection, served);
      } catch (error) {
        if (signal.aborted) return;
        // Mostly, too many files are open; that passes, and the scheduler must not die of it.
        logger.warn("Cannot accept a connection: {error}; trying again", { error });
        await sleep(ACCEPT_PAUSE_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** One request, and the end of the connection. */
  async #serve(connection: Deno.TcpConn): Promise<void> {
    const idle = new IdleTimer((timeoutMs) => new Error(`nothing moved for ${timeoutMs} ms`));
    idle.signal.addEventListener("abort", () => closeQuietly(connection));
    try {
      // Of the whole head: a client could send it byte by byte.
      idle.watch(HEAD_TIMEOUT_MS);
      const requestLine = await readHead(connection);
      idle.watch(IDLE_TIMEOUT_MS);
      for await (const bytes of this.#answer(requestLine)) {
        for (let written = 0; written < bytes.length;) {
          written += await connection.write(bytes.subarray(written));
          idle.restart();
        }
      }
      await connection.closeWrite();
    } catch (error) {
      if (!this.#cut.signal.aborted) logger.debug("Cannot serve a file: {error}", { error });
    } finally {
      idle.stop();
      closeQuietly(connection);
    }
  }

  async *#answer(requestLine: string): AsyncGenerator<Uint8Array> {
    const [, method, target = ""] = REQUEST_LINE_REGEXP.exec(requestLine) ?? [];
    if (method === undefined) return yield head("400 Bad Request", 0);
    const path = this.#files.get(URL.parse(target, "http://host")?.pathname ?? "");
    if (path === undefined) return yield head("404 Not Found", 0);
    if (method !== "GET" && method !== "HEAD") {
      return yield head("405 Method Not Allowed", 0, "Allow: GET, HEAD");
    }
    using file = await Deno.open(path).catch(() => undefined);
    if (!file) return yield head("404 Not Found", 0);
    const { size } = await file.stat();
    yield head("200 OK", size, "Content-Type: application/octet-stream");
    if (method === "HEAD") return;
    const buffer = new Uint8Array(READ_BYTES);
    for (let left = size; left > 0;) {
      const count = await file.read(buffer.subarray(0, left));
      if (count === null) throw new Error("the file has shrunk");
      left -= count;
      yield buffer.subarray(0, count);
    }
  }
}

/** Reads up to the empty line; gives the first line. */
async function readHead(connection: Deno.TcpConn): Promise<string> {
  const reader = new ByteReader(connection);
  const budget = { bytes: MAX_REQUEST_HEAD_BYTES };
  const requestLine = await reader.line(budget);
  while (await reader.line(budget) !== "");
  return requestLine;
}

function head(status: string, length: number, ...headers: string[]): Uint8Array {
  const lines = [`HTTP/1.1 ${status}`, `Content-Length: ${length}`, "Connection: close"];
  return new TextEncoder().encode([...lines, ...headers, "", ""].join("\r\n"));
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
