/**
 * The memory of the control groups that this process is in, v1 and v2.
 *
 * @see docs/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst in the Linux documentation
 * @module
 */

import type { ReadText } from "../support/cpu_count.ts";

/** What a version calls things. */
interface Dialect {
  mount: string;
  limit: string;
  usage: string;
  /** In memory.stat: file pages that go at once when memory is wanted. */
  inactive: string;
  events: string;
}

const V1: Dialect = {
  mount: "/sys/fs/cgroup/memory",
  limit: "memory.limit_in_bytes",
  usage: "memory.usage_in_bytes",
  inactive: "total_inactive_file",
  events: "memory.oom_control",
};

const V2: Dialect = {
  mount: "/sys/fs/cgroup",
  limit: "memory.max",
  usage: "memory.current",
  inactive: "inactive_file",
  events: "memory.events",
};

/** A group that has a memory limit. */
export interface MemoryLimit {
  /** The limit in bytes. */
  limitBytes: number;
  /** What the group uses, without the cache that it could give up. */
  usedBytes: number;
}

/** The groups of this process, the innermost first. */
export class MemoryCgroup {
  readonly #read: ReadText;
  readonly #groups: { directory: string; dialect: Dialect }[];

  /**
   * Finds the groups.
   *
   * @param read How files are read.
   */
  constructor(read: ReadText) {
    this.#read = read;
    this.#groups = [...groupsOf(read("/proc/self/cgroup") ?? "")];
  }

  /** The strictest limit; undefined when there is none. */
  limit(): MemoryLimit | undefined {
    const limits = this.#groups.map(({ directory, dialect }) => ({
      limitBytes: parseInt(this.#read(`${directory}/${dialect.limit}`) ?? ""),
      directory,
      dialect,
    })).filter(({ limitBytes }) => limitBytes > 0);
    if (limits.length === 0) return undefined;
    const { limitBytes, directory, dialect } = limits.reduce((a, b) =>
      b.limitBytes < a.limitBytes ? b : a
    );
    const usage = parseInt(this.#read(`${directory}/${dialect.usage}`) ?? "") || 0;
    const inactive = counter(this.#read(`${directory}/memory.stat`), dialect.inactive) ?? 0;
    return { limitBytes, usedBytes: Math.max(0, usage - inactive) };
  }

  /** How many processes of the innermost group the kernel has killed for want of memory. */
  oomKills(): number {
    for (const { directory, dialect } of this.#groups) {
      const kills = counter(this.#read(`${directory}/${dialect.events}`), "oom_kill");
      if (kills !== undefined) return kills;
    }
    return 0;
  }
}

/** The number after a name at the beginning of a line. */
function counter(text: string | undefined, name: string): number | undefined {
  const match = new RegExp(`^${name} (\\d+)$`, "m").exec(text ?? "");
  return match ? Number(match[1]) : undefined;
}

/** Each group of `/proc/self/cgroup` and its ancestors: in a container only the root is visible. */
function* groupsOf(cgroup: string): Generator<{ directory: string; dialect: Dialect }> {
  for (const line of cgroup.split("\n")) {
    const [, controllers, path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const dialect = controllers === "" ? V2 : V1;
    if (controllers !== "" && !controllers?.split(",").includes("memory")) continue;
    const segments = path.split("/").filter((segment) => segment !== "");
    for (let length = segments.length; length >= 0; length--) {
      yield { directory: [dialect.mount, ...segments.slice(0, length)].join("/"), dialect };
    }
  }
}
