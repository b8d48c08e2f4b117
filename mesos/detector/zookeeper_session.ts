/**
 * A session with ZooKeeper that is replaced when it is lost, at which a client that only reads
 * loses nothing.
 *
 * ```text
 *             connected
 *  CONNECTING ─────────► CONNECTED ── refused, broken, expired, silent ──► wait ──► the next server
 * ```
 *
 * The client library can reconnect by itself, but then it can't be stopped in time and does not
 * detect a server that accepts the connection and never answers. So each client gets one server and
 * one attempt. The library has no type declarations.
 *
 * @module
 */

import zookeeper from "node-zookeeper-client";
import { getLogger } from "../../support/log.ts";
import { Backoff, sleep } from "../http/backoff.ts";
import { MesosConnectionError } from "../mesos_errors.ts";

/** The session timeout that we request from ZooKeeper, in milliseconds. */
const SESSION_TIMEOUT_MS = 10_000;

/** How long a server may take to answer, in milliseconds. */
const CONNECT_MS = 5_000;

/** The backoff between attempts. */
const RETRY = { baseMs: 200, maxMs: 5_000 };

/** How long to wait for a session to close, in milliseconds. */
const CLOSE_MS = 2_000;

/** The part of the client library that we use. */
interface Client {
  connect(): void;
  close(): void;
  once(event: "connected" | "disconnected" | "expired", listener: () => void): void;
  getChildren(
    path: string,
    watcher: (() => void) | null,
    callback: (error: Error | null, children: string[]) => void,
  ): void;
  getData(path: string, callback: (error: Error | null, data: Uint8Array | null) => void): void;
  readonly connectionManager: {
    connect(): void;
    readonly socket?: { destroy(): void };
    readonly connectTimeoutHandler?: ReturnType<typeof setTimeout>;
  };
}

// The library has no types of its own.
const createClient = zookeeper.createClient as (
  server: string,
  options: { sessionTimeout: number },
) => Client;

/** Options of {@linkcode ZooKeeperSession}. */
export interface ZooKeeperSessionOptions {
  /** `HOST:PORT`, separated by commas. */
  readonly servers: string;
  /** Called for each new session. Watches of the previous one are lost. */
  readonly connected: () => void;
}

/** Maintains a session until closed. */
export class ZooKeeperSession {
  readonly #options: ZooKeeperSessionOptions;
  readonly #closed = new AbortController();
  readonly #log = getLogger("mesos");
  readonly #running: Promise<void>;
  #client: Client | undefined;
  #lastError: Error | undefined;
  /** The client with a watch on the children; a second watch would cause a second notification. */
  #watched: Client | undefined;

  /**
   * Starts to connect.
   *
   * @param options The servers and the callback.
   */
  constructor(options: ZooKeeperSessionOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Why there is no session; undefined while connected and before the first attempt. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /**
   * Lists the children of a node. `changed` is called once when they change.
   *
   * @throws {Error} when the session is lost or the node does not exist.
   */
  children(path: string, changed: () => void): Promise<string[]> {
    const client = this.#connectedClient();
    const watcher = this.#watched === client ? null : () => {
      this.#watched = undefined;
      changed();
    };
    return new Promise((resolve, reject) =>
      client.getChildren(path, watcher, (error, children) => {
        if (error) return reject(error);
        this.#watched = client;
        resolve(children);
      })
    );
  }

  /**
   * Reads the data of a node as text.
   *
   * @throws {Error} when the session is lost or the node does not exist.
   */
  data(path: string): Promise<string> {
    const client = this.#connectedClient();
    return new Promise((resolve, reject) =>
      client.getData(
        path,
        (error, data) =>
          error ? reject(error) : resolve(new TextDecoder().decode(data ?? new Uint8Array())),
      )
    );
  }

  /** Ends the session. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  #connectedClient(): Client {
    if (this.#client) return this.#client;
    throw new Error("the session is not connected");
  }

  async #run(): Promise<void> {
    const servers = this.#options.servers.split(",");
    const backoff = new Backoff(RETRY);
    let waiting: string[] = [];
    while (!this.#closed.signal.aborted) {
      const [server = "", ...others] = waiting.length > 0 ? waiting : servers;
      waiting = others;
      let connectedAt: number | undefined;
      const reason = await this.#connectOnce(server, () => connectedAt = performance.now());
      if (connectedAt !== undefined) backoff.succeeded(performance.now() - connectedAt);
      if (this.#closed.signal.aborted) return;
      const error = new MesosConnectionError(`Cannot use ZooKeeper at ${server}: ${reason}`);
      this.#lastError = error;
      this.#log.warn("{error}; reconnecting", { error });
      await sleep(backoff.next(), this.#closed.signal);
    }
  }

  /** Runs one client until its session ends; returns the reason. */
  async #connectOnce(server: string, connected: () => void): Promise<string> {
    const client = createClient(server, { sessionTimeout: SESSION_TIMEOUT_MS });
    const ended = Promise.withResolvers<string>();
    const silent = setTimeout(() => ended.resolve("no answer"), CONNECT_MS);
    const closed = () => ended.resolve("the session was closed");
    this.#closed.signal.addEventListener("abort", closed);
    client.once("expired", () => ended.resolve("the session expired"));
    client.once("connected", () => {
      clearTimeout(silent);
      connected();
      this.#client = client;
      this.#lastError = undefined;
      if (!this.#closed.signal.aborted) this.#options.connected();
    });
    client.connect();
    // From now on the library calls this when it would reconnect.
    client.connectionManager.connect = () => ended.resolve("connection refused or lost");
    const reason = await ended.promise;
    clearTimeout(silent);
    this.#closed.signal.removeEventListener("abort", closed);
    if (this.#closed.signal.aborted && this.#client) await closeSession(client);
    this.#client = undefined;
    client.connectionManager.socket?.destroy();
    // The library leaves its timer where the socket has neither connected nor failed.
    clearTimeout(client.connectionManager.connectTimeoutHandler);
    return reason;
  }
}

/** Closes the session and waits a bounded time for the answer. */
async function closeSession(client: Client): Promise<void> {
  const patience = new AbortController();
  const ended = new Promise<void>((resolve) => client.once("disconnected", resolve));
  client.close();
  await Promise.race([ended, sleep(CLOSE_MS, patience.signal)]);
  patience.abort();
}
