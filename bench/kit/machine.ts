/**
 * The machine and the code that figures belong to. No host name, no path.
 *
 * @module
 */

import { readText } from "../../support/read_text.ts";
import { ROOT } from "../../tests/kit/sources.ts";

/** Where and of what figures were measured. */
export interface Setting {
  readonly cpus: number;
  readonly cpuModel: string;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly deno: string;
  /** Abbreviated; `+` where the tree has changes. */
  readonly commit: string;
  /** When, in UTC. */
  readonly date: string;
  /** Processes that wanted a cpu in the minute before. */
  readonly loadBefore: number;
}

/** The setting of now. */
export function currentSetting(): Setting {
  return {
    cpus: navigator.hardwareConcurrency,
    cpuModel: /^model name\s*: (.*)$/m.exec(readText("/proc/cpuinfo") ?? "")?.[1] ?? "unknown",
    memoryGib: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    commit: commit(),
    date: new Date().toISOString().slice(0, 16) + "Z",
    loadBefore: Deno.loadavg()[0] ?? NaN,
  };
}

/** In one line. */
export function describeSetting(setting: Setting): string {
  const { cpus, cpuModel, memoryGib, kernel, deno, commit, date, loadBefore } = setting;
  return `${cpus} × ${cpuModel}, ${memoryGib} GiB, Linux ${kernel}, Deno ${deno}, commit ${commit}, ` +
    `${date}, load ${loadBefore.toFixed(1)} before`;
}

function commit(): string {
  const git = (...args: string[]) => {
    try {
      const { success, stdout } = new Deno.Command("git", { args, cwd: ROOT }).outputSync();
      return success ? new TextDecoder().decode(stdout).trim() : undefined;
    } catch {
      return undefined;
    }
  };
  const hash = git("rev-parse", "--short", "HEAD");
  if (hash === undefined) return "unknown";
  return git("status", "--porcelain") === "" ? hash : `${hash}+`;
}
