/**
 * The load of the node, from /proc.
 *
 * @see proc_stat(5), proc_meminfo(5)
 * @module
 */

import type { NodeLoad } from "../job/node_info.ts";
import { cpuCount } from "../support/cpu_count.ts";
import type { ReadText } from "../support/read_text.ts";
import { MemoryCgroup } from "./memory_cgroup.ts";

/** Time of all CPUs since boot, in clock ticks. */
export interface CpuTimes {
  /** Neither idle nor waiting for I/O. */
  busy: number;
  /** The total time. */
  total: number;
}

const NO_TIME: CpuTimes = { busy: 0, total: 0 };

/** Reads /proc/stat. */
export function parseCpuTimes(stat: string): CpuTimes {
  const line = /^cpu +(.*)$/m.exec(stat)?.[1];
  if (line === undefined) return NO_TIME;
  // The last two, guest times, are included in the first two.
  const times = line.trim().split(/\s+/).map(Number).slice(0, 8);
  const [, , , idle = 0, iowait = 0] = times;
  const total = times.reduce((sum, time) => sum + time, 0);
  return { busy: total - idle - iowait, total };
}

/** The busy share of the time between two measurements, 0 to 1. */
export function busyShare(before: CpuTimes, after: CpuTimes): number {
  const total = after.total - before.total;
  return total > 0 ? Math.min(1, Math.max(0, (after.busy - before.busy) / total)) : 0;
}

/** Reads /proc/meminfo. */
export function parseMemory(meminfo: string): { totalBytes: number; availableBytes: number } {
  const bytes = (name: string) => {
    const kibibytes = new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(meminfo)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  };
  const availableBytes = bytes("MemAvailable") ?? bytes("MemFree") ?? 0;
  return { totalBytes: bytes("MemTotal") ?? 0, availableBytes };
}

/** Measures this node within the limits of its control groups. Unreadable values count as 0. */
export class NodeLoadMeter {
  readonly #read: ReadText;
  readonly #cgroup: MemoryCgroup;
  #cpuTimes: CpuTimes;

  /**
   * Starts to measure.
   *
   * @param read Reads files.
   */
  constructor(read: ReadText) {
    this.#read = read;
    this.#cgroup = new MemoryCgroup(read);
    this.#cpuTimes = this.#readCpuTimes();
  }

  /**
   * Returns the load since the last call, or since the construction.
   *
   * @param workers The number of running jobs.
   */
  measure(workers: number): NodeLoad {
    const before = this.#cpuTimes;
    this.#cpuTimes = this.#readCpuTimes();
    const coresUsed = busyShare(before, this.#cpuTimes);
    const { memoryUsed, memoryTotal } = this.#measureMemory();
    // In the order of Toil's executors.
    return { coresUsed, memoryUsed, coresTotal: cpuCount(), memoryTotal, workers };
  }

  #measureMemory(): Pick<NodeLoad, "memoryUsed" | "memoryTotal"> {
    const { totalBytes, availableBytes } = parseMemory(this.#read("/proc/meminfo") ?? "");
    const limit = this.#cgroup.limit();
    const isLimited = limit !== undefined && limit.limitBytes < totalBytes;
    const total = isLimited ? limit.limitBytes : totalBytes;
    const used = isLimited ? limit.usedBytes : totalBytes - availableBytes;
    return { memoryUsed: total > 0 ? Math.min(1, used / total) : 0, memoryTotal: total };
  }

  #readCpuTimes(): CpuTimes {
    return parseCpuTimes(this.#read("/proc/stat") ?? "");
  }
}
