/**
 * A whole Mesos in this process: one master, some agents, real HTTP between them and real processes
 * below them. For tests, for demonstrations, and for work that fits on one machine.
 *
 * @module
 */

import { join } from "node:path";
import type { Credential } from "../mesos/http/credential.ts";
import type { AgentHandle, AgentOptions } from "./agent/agent_options.ts";
import { startAgent } from "./agent/agent_server.ts";
import { type MasterHandle, type MasterOptions, startMaster } from "./master/master_server.ts";
import { removeTree } from "../support/remove_tree.ts";

export type { AgentHandle, AgentOptions } from "./agent/agent_options.ts";
export { startAgent } from "./agent/agent_server.ts";
export { type MasterHandle, type MasterOptions, startMaster } from "./master/master_server.ts";
export type { TlsOptions } from "./http/http_server.ts";

/** The principal of everybody who knows the secret of a cluster. */
export const PRINCIPAL = "toil-mesos";

const SECRET_BYTES = 32;

/** A secret that can't be guessed. */
export function newSecret(): string {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toHex();
}

/** Its executors end soon after it. */
const TEMPORARY_AGENT = { keepsCheckpoints: false, recoveryTimeoutMs: 1_000 };

/** Options of {@linkcode startCluster}. */
export interface ClusterOptions {
  /** How many agents. @default {1} */
  agents?: number;
  /** Where everything is kept; without it, in a temporary directory that is removed at the end. */
  workDirectory?: string;
  /**
   * The cluster lives no longer than this process: nothing is written down for a later one, and
   * executors don't wait for one.
   *
   * @default {true without a work directory}
   */
  isTemporary?: boolean;
  /**
   * What schedulers and readers must prove to know. A cluster in the work directory of an earlier
   * one needs the secret of that: executors have tokens that were signed with it.
   *
   * @default {newSecret()}
   */
  secret?: string;
  /** Ends the wait for the agents, and with it the cluster. */
  signal?: AbortSignal;
  /** Options of the master, less what the cluster decides. */
  master?: Omit<MasterOptions, "workDirectory" | "credential">;
  /** Options of agents, less what the cluster decides; a function where they differ. */
  agent?: ClusterAgentOptions | ((index: number) => ClusterAgentOptions);
}

/** What can differ from agent to agent. */
export type ClusterAgentOptions = Omit<
  AgentOptions,
  "master" | "workDirectory" | "credential" | "executorSecret"
>;

/** A running cluster. */
export interface ClusterHandle {
  /** Its master. */
  readonly master: MasterHandle;
  /** Its agents, all registered. */
  readonly agents: readonly AgentHandle[];
  /** `HOST:PORT` of the master. */
  readonly address: string;
  /** How a scheduler gets in. */
  readonly credential: Credential;
  /** Ends all executors and removes what is temporary. */
  stop(): Promise<void>;
}

/** Agents are told from each other by their addresses, as on machines of their own. */
function loopbackAddress(index: number): string {
  return `127.0.0.${index + 1}`;
}

/**
 * Starts a cluster and waits until all agents are registered.
 *
 * @throws the reason of the signal when it is aborted before.
 * @throws {Deno.errors.AddrInUse} when a port is taken.
 * @throws {RangeError} when resources or attributes can't be read.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<ClusterHandle> {
  const { agents: count = 1, agent = {}, secret = newSecret() } = options;
  const { isTemporary = options.workDirectory === undefined } = options;
  const credential = { principal: PRINCIPAL, secret };
  const directory = options.workDirectory ??
    await Deno.makeTempDir({ prefix: "toil-mesos-cluster-" });
  let master: MasterHandle | undefined;
  const agents: AgentHandle[] = [];
  const stop = async () => {
    await Promise.all(agents.map((each) => each.stop()));
    await master?.stop();
    if (options.workDirectory === undefined) await removeTree(directory);
  };
  try {
    master = startMaster({
      ...options.master,
      credential,
      ...(isTemporary ? {} : { workDirectory: join(directory, "master") }),
    });
    for (let index = 0; index < count; index++) {
      agents.push(startAgent({
        ip: loopbackAddress(index),
        ...(isTemporary ? TEMPORARY_AGENT : {}),
        ...(typeof agent === "function" ? agent(index) : agent),
        credential,
        executorSecret: secret,
        master: master.url,
        workDirectory: join(directory, `agent-${index}`),
      }));
    }
    await registered(agents, options.signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { master, agents, address: master.address, credential, stop };
}

async function registered(
  agents: readonly AgentHandle[],
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    await Promise.race([Promise.all(agents.map((each) => each.registered)), aborted.promise]);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
