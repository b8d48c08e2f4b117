/**
 * A whole Mesos in this process: one master, some agents, real HTTP between them and real processes
 * below them. For tests, for demonstrations, and for work that fits on one machine.
 *
 * @module
 */

import { join } from "node:path";
import { type AgentHandle, type AgentOptions, startAgent } from "./agent/agent_server.ts";
import { type MasterHandle, type MasterOptions, startMaster } from "./master/master_server.ts";

export { type AgentHandle, type AgentOptions, startAgent } from "./agent/agent_server.ts";
export { type MasterHandle, type MasterOptions, startMaster } from "./master/master_server.ts";
export type { TlsOptions } from "./http/http_server.ts";

/** Options of {@linkcode startCluster}. */
export interface ClusterOptions {
  /** How many agents. @default {1} */
  agents?: number;
  /** Where everything is kept; without it, in a temporary directory that is removed at the end. */
  workDirectory?: string;
  /** Options of the master, less the directory. */
  master?: Omit<MasterOptions, "workDirectory">;
  /** Options of agents, less the directory and the master; a function where they differ. */
  agent?:
    | Omit<AgentOptions, "master" | "workDirectory">
    | ((index: number) => Omit<AgentOptions, "master" | "workDirectory">);
}

/** A running cluster. */
export interface ClusterHandle {
  /** Its master. */
  readonly master: MasterHandle;
  /** Its agents, all registered. */
  readonly agents: readonly AgentHandle[];
  /** `HOST:PORT` of the master. */
  readonly address: string;
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
 * @throws {Deno.errors.AddrInUse} when a port is taken.
 * @throws {RangeError} when resources or attributes can't be read.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<ClusterHandle> {
  const { agents: count = 1, agent = {} } = options;
  const directory = options.workDirectory ??
    await Deno.makeTempDir({ prefix: "toil-mesos-cluster-" });
  let master: MasterHandle | undefined;
  const agents: AgentHandle[] = [];
  const stop = async () => {
    await Promise.all(agents.map((each) => each.stop()));
    await master?.stop();
    if (options.workDirectory === undefined) await Deno.remove(directory, { recursive: true });
  };
  try {
    master = startMaster({ ...options.master, workDirectory: join(directory, "master") });
    for (let index = 0; index < count; index++) {
      agents.push(startAgent({
        ip: loopbackAddress(index),
        ...(typeof agent === "function" ? agent(index) : agent),
        master: master.url,
        workDirectory: join(directory, `agent-${index}`),
      }));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  await Promise.all(agents.map((each) => each.registered));
  return { master, agents, address: master.address, stop };
}
