/**
 * A session with ZooKeeper, made anew whenever it is lost: whoever only reads has nothing to lose
 * with it.
 *
 * ```text
 *             connected
 *  CONNECTING ─────────► CONNECTED ── refused, broken, expired, silent ──► wait ──► the next server
 * ```
 *
 * The client library would try again by itself, but then it can neither be stopped in time nor does
 * it notice a server that takes the connection and says nothing. So each client gets one server and
 * one attempt. The library brings no types.
 *
 * @module
 */

import zookeeper from "node-zookeeper-client";
import { getLogger } from "../../support/log.ts";
import { Backoff, sleep } from "../http/backoff.ts";
import { MesosConnectionError } from "../mesos_errors.ts";

/** How long ZooKeeper keeps a session without hearing from us, in milliseconds. */
const SESSION_TIMEOUT_MS = 10_000;

/** How long a server has for an answer, in milliseconds. */
const CONNECT_MS = 5_000;

/** Waits between attempts. */
const RETRY = { baseMs: 200, maxMs: 5_000 };

/** How long to wait for the end of a session, in milliseconds. */
const CLOSE_MS = 2_000;

/** The part of the client that is used. */
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
  readonly connectionManager: { connect(): void; readonly socket?: { destroy(): void } };
}

const createClient = zookeeper.createClient as (
  server: string,
  options: { sessionTimeout: number },
) => Client;

/** Whom to tell of a session. */
export interface ZooKeeperSessionOptions {
  /** `HOST:PORT`, several with commas. */
  readonly servers: string;
  /** There is a session, the first one or another. Watches of the one before are gone. */
  readonly connected: () => void;
}

/** Keeps a session until it is closed. */
export class ZooKeeperSession {
  readonly #options: ZooKeeperSessionOptions;
  readonly #closed = new AbortController();
  readonly #log = getLogger("mesos");
  readonly #running: Promise<void>;
  #client: Client | undefined;
  #lastError: Error | undefined;
  /** The client that will tell of a change of the children: it tells as often as it was asked to. */
  #watched: Client | undefined;

  /**
   * Begins to connect.
   *
   * @param options Servers, and whom to tell.
   */
  constructor(options: ZooKeeperSessionOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Why there is no session; undefined while there is one, and before the first attempt. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /**
   * The children of a node. `changed` is called once when they are others.
   *
   * @throws {Error} when there is no connection or no such node.
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
   * The data of a node, as text.
   *
   * @throws {Error} when there is no connection or no such node.
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
    throw new Error("there is no connection");
  }

  async #run(): Promise<void> {
    const servers = this.#options.servers.split(",");
    const backoff = new Backoff(RETRY);
    for (let attempt = 0; !this.#closed.signal.aborted; attempt++) {
      const server = servers[attempt % servers.length] as string;
      let connectedAt: number | undefined;
      const reason = await this.#connectOnce(server, () => connectedAt = performance.now());
      if (connectedAt !== undefined) backoff.succeeded(performance.now() - connectedAt);
      if (this.#closed.signal.aborted) return;
      const error = new MesosConnectionError(`Cannot ask ZooKeeper at ${server}: it ${reason}`);
      this.#lastError = error;
      this.#log.warn("{error}; connecting anew", { error });
      await sleep(backoff.next(), this.#closed.signal);
    }
  }

  /** One client from its connection to its end; gives the reason of the end. */
  async #connectOnce(server: string, connected: () => void): Promise<string> {
    const client = createClient(server, { sessionTimeout: SESSION_TIMEOUT_MS });
    const ended = Promise.withResolvers<string>();
    const silent = setTimeout(() => ended.resolve("does not answer"), CONNECT_MS);
    const closed = () => ended.resolve("is no longer needed");
    this.#closed.signal.addEventListener("abort", closed);
    client.once("expired", () => ended.resolve("has ended our session"));
    client.once("connected", () => {
      clearTimeout(silent);
      connected();
      this.#client = client;
      this.#lastError = undefined;
      if (!this.#closed.signal.aborted) this.#options.connected();
    });
    client.connect();
    // From now on the library calls this when it wants to try again.
    client.connectionManager.connect = () => ended.resolve("cannot be reached");
    const reason = await ended.promise;
    clearTimeout(silent);
    this.#closed.signal.removeEventListener("abort", closed);
    if (this.#closed.signal.aborted && this.#client) await closeSession(client);
    this.#client = undefined;
    client.connectionManager.socket?.destroy();
    return reason;
  }
}

/** Tells ZooKeeper that we leave, and waits for that for a while. */
async function closeSession(client: Client): Promise<void> {
  const patience = new AbortController();
  const ended = new Promise<void>((resolve) => client.once("disconnected", resolve));
  client.close();
  await Promise.race([ended, sleep(CLOSE_MS, patience.signal)]);
  patience.abort();
}
