/**
 * What tests of the cluster are about: a framework, its executor and its tasks, as in the captures.
 *
 * @module
 */

import type {
  ExecutorInfo,
  FrameworkInfo,
  MesosResource,
  Offer,
  TaskInfo,
} from "../mesos/messages.ts";

/** A framework like the one of the captures. */
export const CAPTURE_FRAMEWORK: FrameworkInfo = {
  user: "root",
  name: "capture",
  roles: ["*"],
  capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }],
  failover_timeout: 60,
  checkpoint: true,
};

/** A scalar as a framework asks for it. */
export function scalar(name: string, value: number, role = "*"): MesosResource {
  return { name, type: "SCALAR", scalar: { value }, allocation_info: { role } };
}

/** Amounts in the order in which people name them. */
export interface Amounts {
  /** Processors. */
  cpus?: number;
  /** MiB of memory. */
  mem?: number;
  /** MiB of disk. */
  disk?: number;
}

/** An executor whose process only waits: a test speaks for it. */
export function idleExecutor(id = "toil-1", command = "exec sleep 1000"): ExecutorInfo {
  return {
    type: "CUSTOM",
    executor_id: { value: id },
    name: "toil",
    command: { value: command },
  };
}

/** A task as in the captures. */
export function task(
  id: string,
  offer: Offer,
  { cpus = 0.5, mem = 64, disk = 10, executor = idleExecutor() }: Amounts & {
    executor?: ExecutorInfo;
  } = {},
): TaskInfo {
  return {
    name: `job ${id}`,
    task_id: { value: id },
    agent_id: offer.agent_id,
    executor,
    resources: [scalar("cpus", cpus), scalar("mem", mem), scalar("disk", disk)],
  };
}

/** The bytes of a random UUID. */
export function randomUuid(): Uint8Array {
  return Uint8Array.fromHex(crypto.randomUUID().replaceAll("-", ""));
}
