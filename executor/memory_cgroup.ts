/**
 * The memory of the control groups that this process is in, v1 and v2.
 *
 * @see docs/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst in the Linux documentation
 * @module
 */

import { type Cgroup, cgroupsOf } from "../support/cgroups.ts";
import type { ReadText } from "../support/read_text.ts";

/** The file names of one version. */
export interface Dialect {
  /** The limit of the group. */
  limit: string;
  /** Its usage. */
  usage: string;
  /** In memory.stat: file pages that the kernel can reclaim at once. */
  inactive: string;
  /** Counts the processes that were killed. */
  events: string;
}

/** The names of files, by version. */
export const MEMORY_FILES: Readonly<Record<Cgroup["version"], Dialect>> = {
  1: {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    inactive: "total_inactive_file",
    events: "memory.oom_control",
  },
  2: {
    limit: "memory.max",
    usage: "memory.current",
    inactive: "inactive_file",
    events: "memory.events",
  },
};

/** A group that has a memory limit. */
export interface MemoryLimit {
  /** The limit in bytes. */
  limitBytes: number;
  /** The usage of the group, without reclaimable cache. */
  usedBytes: number;
}

/** The groups of this process, the innermost first. */
export class MemoryCgroup {
  readonly #read: ReadText;
  readonly #groups: (Cgroup & { dialect: Dialect })[];

  /**
   * Finds the groups.
   *
   * @param read Reads files.
   */
  constructor(read: ReadText) {
    this.#read = read;
    this.#groups = [...cgroupsOf("memory", read)].map(({ version, directory }) => ({
      version,
      directory,
      dialect: MEMORY_FILES[version],
    })).filter((group) => this.#isVisible(group));
  }

  /** Most of those that could be there are not, and every job asks. */
  #isVisible({ directory, dialect }: { directory: string; dialect: Dialect }): boolean {
    return [dialect.limit, dialect.usage, dialect.events]
      .some((name) => this.#read(`${directory}/${name}`) !== undefined);
  }

  /** The group of this process; undefined if not visible. */
  get own(): Cgroup | undefined {
    for (const { version, directory, dialect } of this.#groups) {
      if (this.#read(`${directory}/${dialect.usage}`) !== undefined) return { version, directory };
    }
    return undefined;
  }

  /** The strictest limit; undefined when there is none. */
  limit(): MemoryLimit | undefined {
    const limits = this.#groups.map(({ directory, dialect }) => ({
      limitBytes: parseInt(this.#read(`${directory}/${dialect.limit}`) ?? ""),
      directory,
      dialect,
      // In version 1, a huge number means no limit.
    })).filter(({ limitBytes }) => limitBytes > 0 && limitBytes <= Number.MAX_SAFE_INTEGER);
    if (limits.length === 0) return undefined;
    const { limitBytes, directory, dialect } = limits.reduce((a, b) =>
      b.limitBytes < a.limitBytes ? b : a
    );
    const usage = parseInt(this.#read(`${directory}/${dialect.usage}`) ?? "") || 0;
    const inactive = counter(this.#read(`${directory}/memory.stat`), dialect.inactive) ?? 0;
    return { limitBytes, usedBytes: Math.max(0, usage - inactive) };
  }

  /** How many processes of the innermost group the kernel's OOM killer has killed. */
  oomKills(): number {
    for (const { directory, dialect } of this.#groups) {
      const kills = counter(this.#read(`${directory}/${dialect.events}`), "oom_kill");
      if (kills !== undefined) return kills;
    }
    return 0;
  }
}

/** The number after a name at the beginning of a line. */
export function counter(text: string | undefined, name: string): number | undefined {
  const match = new RegExp(`^${name} (\\d+)$`, "m").exec(text ?? "");
  return match ? Number(match[1]) : undefined;
}
