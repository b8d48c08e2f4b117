/**
 * The one HTTP server: for agents that fetch, for clients of the control API, and for the embedded
 * Mesos. Its connections are bounded in number, and it survives too many open files.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, SYSTEM_CLOCK } from "../support/clock.ts";
import { getLogger } from "../support/log.ts";
import type { RequestHandler } from "./request_handler.ts";
import { ServerConnection } from "./server_connection.ts";

/** More clients than this at a time wait until others have left. */
export const MAX_CONNECTIONS = 1_024;

/** Before connections are accepted again, where that was not possible. */
const ACCEPT_PAUSE_MS = 500;

/** A server that can't accept connections says so this often. */
const ACCEPT_WARNING_MS = 60_000;

/** Accepts connections: TCP, TLS, or a Unix socket. */
export type ConnectionListener = Pick<
  Deno.Listener<Deno.Conn<Deno.Addr>, Deno.Addr>,
  "accept" | "addr" | "close"
>;

/** Bounds of a {@linkcode BoundedServer}. */
export interface BoundedServerOptions {
  /** How many connections are served at a time. @default {MAX_CONNECTIONS} */
  readonly maxConnections?: number;
  /** Measures silences. @default {SYSTEM_CLOCK} */
  readonly clock?: Clock;
}

/** Answers requests for as long as it is open. Owns its socket. */
export class BoundedServer {
  readonly #listener: ConnectionListener;
  readonly #handler: RequestHandler;
  readonly #maxConnections: number;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  readonly #connections = new Map<ServerConnection, Promise<void>>();
  readonly #accepting: Promise<void>;
  #nextWarningMs = -Infinity;

  /**
   * Accepts connections at once.
   *
   * @param listener Where.
   * @param handler Answers the requests.
   * @param options Further bounds.
   */
  constructor(
    listener: ConnectionListener,
    handler: RequestHandler,
    { maxConnections = MAX_CONNECTIONS, clock = SYSTEM_CLOCK }: BoundedServerOptions = {},
  ) {
    this.#clock = clock;
    this.#listener = listener;
    this.#handler = handler;
    this.#maxConnections = maxConnections;
    this.#accepting = this.#accept();
  }

  /** The TCP port; 0 on a Unix socket. */
  get port(): number {
    const { addr } = this.#listener;
    return "port" in addr ? addr.port : 0;
  }

  /** Stops listening, and closes all connections. Idempotent. */
  async close(): Promise<void> {
    if (!this.#closed.signal.aborted) {
      this.#closed.abort();
      this.#listener.close();
      for (const connection of this.#connections.keys()) connection.close();
    }
    await Promise.all([this.#accepting, ...this.#connections.values()]);
  }

  async #accept(): Promise<void> {
    const { signal } = this.#closed;
    const origin = new URL(`http://localhost:${this.port || 80}`);
    while (!signal.aborted) {
      // Further clients wait in the kernel.
      if (this.#connections.size >= this.#maxConnections) {
        await Promise.race(this.#connections.values());
        continue;
      }
      try {
        this.#serve(await this.#listener.accept(), origin);
      } catch (error) {
        if (signal.aborted) return;
        // Mostly, too many files are open; that passes, and the process must not die of it.
        this.#warn(error);
        await sleep(ACCEPT_PAUSE_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  #warn(error: unknown): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#nextWarningMs) return;
    this.#nextWarningMs = nowMs + ACCEPT_WARNING_MS;
    getLogger("http").warn("Cannot accept a connection: {error}; trying again", { error });
  }

  #serve(accepted: Deno.Conn<Deno.Addr>, origin: URL): void {
    if ("setNoDelay" in accepted && typeof accepted.setNoDelay === "function") {
      accepted.setNoDelay();
    }
    const connection = new ServerConnection(accepted, {
      handler: this.#handler,
      origin,
      clock: this.#clock,
    });
    const served = connection.serve().finally(() => this.#connections.delete(connection));
    this.#connections.set(connection, served);
    if (this.#closed.signal.aborted) connection.close();
  }
}
