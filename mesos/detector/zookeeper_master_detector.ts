/**
 * Finds the leading master in ZooKeeper and detects changes of leadership.
 *
 * Masters keep ephemeral sequential nodes `json.info_NNNNNNNNNN` under one path, with their address
 * as JSON; the one with the smallest number leads. Other nodes under the path do not belong to
 * masters.
 *
 * @see docs/high-availability.md in the Mesos documentation
 * @module
 */

import { z } from "zod";
import { getLogger } from "../../support/log.ts";
import { sleep } from "../http/backoff.ts";
import { MesosConnectionError } from "../mesos_errors.ts";
import type { MasterDetector } from "./master_detector.ts";
import { ZooKeeperSession } from "./zookeeper_session.ts";
import { asError } from "../../support/reason.ts";

/** How long to wait before a failed request is repeated, in milliseconds. */
const RETRY_MS = 1_000;

/** `HOST:PORT`; the client library does not support IPv6 addresses. */
const SERVER_REGEXP = /^[^:]+:([1-9]\d*)$/;

const MAX_PORT = 65_535;

const MASTER_NODE_REGEXP = /^json\.info_\d+$/;

const masterSchema = z.object({
  address: z.object({
    hostname: z.string().optional(),
    ip: z.string().optional(),
    port: z.int().positive(),
  }),
});

/** The ZooKeeper path under which masters register. */
export interface ZooKeeperEndpoint {
  /** `HOST:PORT`, separated by commas. */
  readonly servers: string;
  /** The path of the masters' nodes, such as `/mesos`. */
  readonly path: string;
}

/**
 * Parses `zk://host:port[,host:port…]/path`.
 *
 * @throws {TypeError} when the endpoint has another form.
 */
export function parseZooKeeperEndpoint(endpoint: string): ZooKeeperEndpoint {
  if (endpoint.includes("@")) {
    throw new TypeError("Cannot take a credential from a ZooKeeper address: leave it out");
  }
  const [, servers, path] = /^zk:\/\/([^/\s]+)(\/[^\s]*[^/\s])\/?$/.exec(endpoint.trim()) ?? [];
  if (servers && path && servers.split(",").every(isServer)) return { servers, path };
  throw new TypeError(
    `Cannot read "${endpoint}" as a ZooKeeper address: expected zk://HOST:PORT[,HOST:PORT…]/PATH`,
  );
}

function isServer(text: string): boolean {
  return Number(SERVER_REGEXP.exec(text)?.[1]) <= MAX_PORT;
}

/** The sequence number of a master's node; the smallest leads. */
function sequenceOf(node: string): number {
  return Number(node.split("_")[1]);
}

/** Follows the leader. Holds a ZooKeeper session from the first call of `next` until closed. */
export class ZooKeeperMasterDetector implements MasterDetector {
  readonly #endpoint: ZooKeeperEndpoint;
  readonly #scheme: "http" | "https";
  readonly #log = getLogger("mesos");
  readonly #closed = new AbortController();
  #session: ZooKeeperSession | undefined;
  #leader: URL | undefined;
  #lastError: Error | undefined;
  #found = Promise.withResolvers<void>();
  #changed: () => void = () => {};

  /**
   * Creates a detector without a session.
   *
   * @param endpoint The ZooKeeper servers and path.
   * @param scheme The scheme of masters, which their nodes do not contain.
   */
  constructor(endpoint: ZooKeeperEndpoint, scheme: "http" | "https") {
    this.#endpoint = endpoint;
    this.#scheme = scheme;
  }

  /** Why no leader is known: ZooKeeper is unreachable, or no master is registered. */
  get lastError(): Error | undefined {
    return this.#leader ? undefined : this.#session?.lastError ?? this.#lastError;
  }

  /** Waits for a leader and returns its URL. */
  async next(signal: AbortSignal): Promise<URL> {
    const { servers } = this.#endpoint;
    this.#session ??= new ZooKeeperSession({ servers, connected: () => this.#lookUp() });
    while (!this.#leader) {
      signal.throwIfAborted();
      const aborted = Promise.withResolvers<void>();
      const abort = () => aborted.resolve();
      signal.addEventListener("abort", abort);
      await Promise.race([this.#found.promise, aborted.promise]);
      signal.removeEventListener("abort", abort);
    }
    return this.#leader;
  }

  /** Always 1: only the leader. */
  get candidates(): number {
    return 1;
  }

  /** Registers a listener that is called when another master leads, or none. */
  watch(changed: () => void): void {
    this.#changed = changed;
  }

  /** Ends the session. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#found.resolve();
    await this.#session?.close();
  }

  /** Looks up the leader now and after each change of the nodes. */
  async #lookUp(): Promise<void> {
    while (!this.#closed.signal.aborted && this.#session) {
      try {
        return this.#lead(await this.#findLeader(this.#session));
      } catch (error) {
        this.#lastError = this.#error(asError(error).message, { cause: error });
        this.#log.warn("{error}", { error: this.#lastError });
      }
      await sleep(RETRY_MS, this.#closed.signal);
    }
  }

  async #findLeader(session: ZooKeeperSession): Promise<URL | undefined> {
    const { path } = this.#endpoint;
    const children = await session.children(path, () => this.#lookUp());
    const [first] = children.filter((child) => MASTER_NODE_REGEXP.test(child))
      .sort((a, b) => sequenceOf(a) - sequenceOf(b));
    if (first === undefined) return undefined;
    const { address } = masterSchema.parse(JSON.parse(await session.data(`${path}/${first}`)));
    const host = address.ip ?? address.hostname ?? "";
    return new URL(`${this.#scheme}://${host.includes(":") ? `[${host}]` : host}:${address.port}`);
  }

  #error(reason: string, options?: ErrorOptions): Error {
    const { servers, path } = this.#endpoint;
    const text = `Cannot find the leading master in ZooKeeper at ${servers}${path}: ${reason}`;
    return new MesosConnectionError(text, options);
  }

  #lead(leader: URL | undefined): void {
    const before = this.#leader;
    this.#lastError = leader ? undefined : this.#error("no master is registered there");
    if (before?.href === leader?.href) return;
    this.#leader = leader;
    this.#log.info("The leading master is {leader}", { leader: leader?.host ?? "unknown" });
    if (leader) this.#found.resolve();
    else this.#found = Promise.withResolvers<void>();
    this.#changed();
  }
}
