/**
 * How many CPUs this process may use.
 *
 * @see toil.lib.threading.cpu_count
 * @module
 */

import { availableParallelism, cpus } from "node:os";

/** Reads a small text file; undefined when it is not there or can't be read. */
export type ReadText = (path: string) => string | undefined;

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/** The group's path under each cgroup hierarchy: `cpu` for v1, "" for v2. */
function cgroupPaths(read: ReadText): { v1?: string; v2?: string } {
  const paths: { v1?: string; v2?: string } = {};
  for (const line of read("/proc/self/cgroup")?.split("\n") ?? []) {
    const [, controllers, path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === "") paths.v2 = path;
    if (controllers?.split(",").includes("cpu")) paths.v1 = path;
  }
  return paths;
}

/** A group's directory and those of its ancestors: each may set a limit, the least one counts. */
function* ancestors(mount: string, path: string): Generator<string> {
  const segments = path.split("/").filter((segment) => segment !== "");
  for (let length = segments.length; length >= 0; length--) {
    yield [mount, ...segments.slice(0, length)].join("/");
  }
}

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
  const { v1, v2 } = cgroupPaths(read);
  for (const mount of ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]) {
    for (const directory of ancestors(mount, v1 ?? "/")) yield quotaV1(read, directory);
  }
  for (const directory of ancestors("/sys/fs/cgroup", v2 ?? "/")) yield quotaV2(read, directory);
}

/** The CPUs of a list such as `0-3,8` in /proc/self/status. */
function affinity(read: ReadText): number {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(read("/proc/self/status") ?? "")?.[1];
  if (!list) return Infinity;
  return list.split(",").reduce((count, range) => {
    const [first, last = first] = range.split("-").map(Number);
    return count + (last as number) - (first as number) + 1;
  }, 0);
}

/**
 * Whole CPUs, at least one: those of the machine, limited by the process' affinity and by the
 * quotas of its cgroups (v1 and v2, each group and its ancestors), rounded up. Shares are ignored:
 * they limit nothing while the machine is idle.
 *
 * @param machineCpus Hyperthreads of the machine.
 * @param read How files are read.
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
