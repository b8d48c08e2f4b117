/**
 * Finds the leading master in ZooKeeper, and notices when another one leads.
 *
 * Masters keep ephemeral sequential nodes `json.info_NNNNNNNNNN` under one path, with their address
 * as JSON; the one with the smallest number leads. Other nodes under the path are not theirs.
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

/** How long to wait before asking again where there was no answer, in milliseconds. */
const RETRY_MS = 1_000;

/** `HOST:PORT`; the client library knows no IPv6 addresses. */
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

/** Where masters are registered. */
export interface ZooKeeperEndpoint {
  /** `HOST:PORT`, several with commas. */
  readonly servers: string;
  /** The path of the masters' nodes, such as `/mesos`. */
  readonly path: string;
}

/**
 * Reads `zk://host:port[,host:port…]/path`.
 *
 * @throws {TypeError} when it is something else.
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

/** The number of a master's node: the smallest leads. */
function sequenceOf(node: string): number {
  return Number(node.split("_")[1]);
}

/** Follows the leader. Holds a ZooKeeper session from the first question until it is closed. */
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
   * A detector that has not asked yet.
   *
   * @param endpoint Where masters are registered.
   * @param scheme What masters speak: their nodes do not say.
   */
  constructor(endpoint: ZooKeeperEndpoint, scheme: "http" | "https") {
    this.#endpoint = endpoint;
    this.#scheme = scheme;
  }

  /** Why no leader is known: ZooKeeper can't be asked, or what it says is none. */
  get lastError(): Error | undefined {
    return this.#leader ? undefined : this.#session?.lastError ?? this.#lastError;
  }

  /** The leader, as soon as there is one. */
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

  /** The leader alone. */
  get candidates(): number {
    return 1;
  }

  /** Calls the listener when another master leads, or none. */
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

  /** Looks for the leader, now and whenever the nodes change. */
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
    this.#log.info("The leading master is {leader}", { leader: leader?.host ?? "not known" });
    if (leader) this.#found.resolve();
    else this.#found = Promise.withResolvers<void>();
    this.#changed();
  }
}
