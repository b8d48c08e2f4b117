/**
 * The number of CPUs that this process may use.
 *
 * @see toil.lib.threading.cpu_count
 * @module
 */

import { availableParallelism, cpus } from "node:os";
import { cgroupsOf } from "./cgroups.ts";
import { type ReadText, readText } from "./read_text.ts";

function quotaV1(read: ReadText, directory: string): number {
  const quota = Number(read(`${directory}/cpu.cfs_quota_us`) ?? NaN);
  const period = Number(read(`${directory}/cpu.cfs_period_us`) ?? NaN);
  return quota > 0 && period > 0 ? quota / period : Infinity;
}

function quotaV2(read: ReadText, directory: string): number {
  const [quota = "max", period = ""] = (read(`${directory}/cpu.max`) ?? "max").trim().split(" ");
  return Number(quota) > 0 && Number(period) > 0 ? Number(quota) / Number(period) : Infinity;
}

function* quotas(read: ReadText): Generator<number> {
  for (const { version, directory } of cgroupsOf("cpu", read)) {
    yield version === 1 ? quotaV1(read, directory) : quotaV2(read, directory);
  }
}

/** The CPUs of a list such as `0-3,8` in /proc/self/status. */
function affinity(read: ReadText): number {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(read("/proc/self/status") ?? "")?.[1];
  if (!list) return Infinity;
  return list.split(",").reduce((count, range) => {
    const [first = NaN, last = first] = range.split("-").map(Number);
    return count + last - first + 1;
  }, 0);
}

/**
 * Whole CPUs, at least one: those of the machine, limited by the process' affinity and by the
 * quotas of its cgroups (v1 and v2, each group and its ancestors), rounded up. Shares are ignored:
 * they limit nothing while the machine is idle.
 *
 * @param machineCpus Hyperthreads of the machine.
 * @param read Reads files.
 */
export function countCpus(machineCpus: number, read: ReadText): number {
  const limit = Math.min(machineCpus, affinity(read), ...quotas(read));
  return Math.max(1, Math.ceil(limit));
}

let cached: number | undefined;

/** {@linkcode countCpus} of this machine and process; read once. */
export function cpuCount(): number {
  cached ??= countCpus(cpus().length || availableParallelism(), readText);
  return cached;
}
