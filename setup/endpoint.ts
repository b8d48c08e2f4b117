/**
 * The Mesos to use: one that is there, or one of our own for as long as we run.
 *
 * @module
 */

import { statfsSync } from "node:fs";
import { startCluster } from "../cluster/cluster.ts";
import { getDefaultMesosEndpoint } from "../scheduler/mesos_options.ts";
import { cpuCount } from "../support/cpu_count.ts";
import { MEBIBYTE } from "../support/units.ts";
import { UsageError } from "../support/usage_error.ts";

/** More agents than this on one machine help nobody. */
export const MAX_LOCAL_AGENTS = 100;

const LOCAL_REGEXP = /^local(?::(.*))?$/;

/** Agents that end with this process never come back: their executors shall not wait for them. */
export const TEMPORARY_RECOVERY_TIMEOUT_MS = 1_000;

/** A Mesos to use, for as long as this is open. */
export interface OpenEndpoint extends AsyncDisposable {
  /** An endpoint that is not `local`. */
  readonly endpoint: string;
  /** Whether this Mesos, and every job on it, ends when this is closed. */
  readonly isTemporary: boolean;
}

/**
 * This machine, divided among agents: `cpus:1;mem:8000;disk:30000`. The disk is the whole one, as
 * with Mesos: an agent that is started again in its directory must have what it had.
 */
export function shareOfMachine(agents: number, directory: string): string {
  const share = (amount: number) => Math.max(1, Math.floor(amount / agents));
  const { blocks, bsize } = statfsSync(directory);
  const memoryMib = Math.floor(Deno.systemMemoryInfo().total / MEBIBYTE);
  const diskMib = Math.floor((blocks * bsize) / MEBIBYTE);
  return `cpus:${share(cpuCount())};mem:${share(memoryMib)};disk:${share(diskMib)}`;
}

/**
 * Opens an endpoint; `local[:AGENTS]` starts an embedded Mesos.
 *
 * @param endpoint As the user wrote it; undefined: this host.
 * @param directory For the embedded Mesos.
 * @throws {UsageError} when the number of agents is none.
 */
export async function openEndpoint(
  endpoint: string | undefined,
  directory: string,
): Promise<OpenEndpoint> {
  const local = LOCAL_REGEXP.exec(endpoint ?? "");
  if (!local) {
    return {
      endpoint: endpoint ?? getDefaultMesosEndpoint(),
      isTemporary: false,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const agents = Number(local[1] ?? 1);
  if (!(Number.isInteger(agents) && agents >= 1 && agents <= MAX_LOCAL_AGENTS)) {
    throw new UsageError(`--endpoint: expected local:1 to local:${MAX_LOCAL_AGENTS}`);
  }
  const cluster = await startCluster({
    agents,
    workDirectory: directory,
    agent: {
      resources: shareOfMachine(agents, directory),
      recoveryTimeoutMs: TEMPORARY_RECOVERY_TIMEOUT_MS,
    },
  });
  return {
    endpoint: cluster.address,
    isTemporary: true,
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}
