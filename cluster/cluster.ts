/**
 * A complete Mesos in this process: a master and agents that speak real HTTP and run real
 * processes. For tests, demonstrations, and work that fits on one machine.
 *
 * @module
 */

import { join } from "node:path";
import type { Credential } from "../mesos/http/credential.ts";
import type { AgentHandle, AgentOptions } from "./agent/agent_options.ts";
import { startAgent } from "./agent/agent_server.ts";
import { newSecret, PRINCIPAL } from "./cluster_credential.ts";
import { type MasterHandle, type MasterOptions, startMaster } from "./master/master_server.ts";
import { removeTree } from "../support/remove_tree.ts";

export type { AgentHandle, AgentOptions } from "./agent/agent_options.ts";
export { startAgent } from "./agent/agent_server.ts";
export { newSecret, PRINCIPAL } from "./cluster_credential.ts";
export { type MasterHandle, type MasterOptions, startMaster } from "./master/master_server.ts";

/** Executors end soon after such an agent. */
const TEMPORARY_AGENT = { keepsCheckpoints: false, recoveryTimeoutMs: 1_000 };

/** Options of {@linkcode startCluster}. */
export interface ClusterOptions {
  /** The number of agents. @default {1} */
  agents?: number;
  /** The work directory. By default a temporary one, removed when the cluster stops. */
  workDirectory?: string;
  /**
   * The cluster ends with this process: it writes no checkpoints for a later one, and
   * executors don't wait for it.
   *
   * @default {true without a work directory}
   */
  isTemporary?: boolean;
  /**
   * The secret of schedulers and readers. A cluster in the work directory of an earlier
   * one needs the same secret, with which the tokens of its executors were signed.
   *
   * @default {newSecret()}
   */
  secret?: string;
  /** Aborts the start and stops the cluster. */
  signal?: AbortSignal;
  /** Options of the master, except those that the cluster sets. */
  master?: Omit<MasterOptions, "workDirectory" | "credential">;
  /** Options of agents, except those that the cluster sets; a function if agents differ. */
  agent?: ClusterAgentOptions | ((index: number) => ClusterAgentOptions);
}

/** Options that can differ from agent to agent. */
export type ClusterAgentOptions = Omit<
  AgentOptions,
  "master" | "workDirectory" | "credential" | "executorSecret"
>;

/** A running cluster. */
export interface ClusterHandle {
  /** The master. */
  readonly master: MasterHandle;
  /** The agents, all registered. */
  readonly agents: readonly AgentHandle[];
  /** `HOST:PORT` of the master. */
  readonly address: string;
  /** The credential of schedulers. */
  readonly credential: Credential;
  /** Shuts down all executors and removes temporary directories. */
  stop(): Promise<void>;
}

/** Gives each agent its own address, as on separate machines. */
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
