/**
 * CPU time and memory of processes, by /proc.
 *
 * @module
 */

import process from "node:process";
import { readText } from "../../support/read_text.ts";

/** The unit of times in /proc/PID/stat; Linux shows user space 100 on every machine. */
const TICKS_PER_SECOND = 100;

/** Consumed CPU time in milliseconds. */
export interface CpuTime {
  /** By the process itself. */
  readonly ownMs: number;
  /** By children that it has waited for, and their children. */
  readonly childrenMs: number;
}

/** What a process has consumed; nothing where it has ended. */
export function cpuTimeOf(pid: number): CpuTime {
  const stat = readText(`/proc/${pid}/stat`) ?? "";
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15);
  const ms = (ticks: number) => ticks * 1000 / TICKS_PER_SECOND;
  return { ownMs: ms(user + system), childrenMs: ms(childrenUser + childrenSystem) };
}

/** The CPU time of this process alone, in milliseconds. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A field of /proc/PID/status in bytes, such as `VmRSS` or `VmHWM`. */
export function memoryOf(pid: number | "self", field: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? NaN) * 1024;
}

/** Forgets the peak of the memory of this process. */
export function resetPeakMemory(): void {
  Deno.writeTextFileSync("/proc/self/clear_refs", "5");
}
