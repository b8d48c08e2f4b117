/**
 * A control group for one job, below the executor's own: its memory is counted apart, and none of
 * its processes leaves it by forking.
 *
 * @see docs/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst in the Linux documentation
 * @module
 */

import { delay } from "../process/deadline.ts";
import { sendSignal } from "../process/signals.ts";
import type { Cgroup } from "../support/cgroups.ts";
import { getLogger } from "../support/log.ts";
import { readText } from "../support/read_text.ts";
import { counter, MEMORY_FILES } from "./memory_cgroup.ts";

const log = getLogger("executor");

/** How often the processes of an ended job are killed before its group is left behind. */
const MAX_REMOVALS = 20;
const REMOVAL_PAUSE_MS = 10;

/** The group of a job. Must be removed. */
export class JobCgroup {
  readonly #group: Cgroup;

  private constructor(group: Cgroup) {
    this.#group = group;
  }

  /**
   * Makes one; undefined where the executor may not, or where its memory would not be counted.
   *
   * @param parent The executor's own group.
   */
  static make(parent: Cgroup, name: string): JobCgroup | undefined {
    const group = { version: parent.version, directory: `${parent.directory}/${name}` };
    try {
      if (!countsChildren(parent)) return undefined;
      Deno.mkdirSync(group.directory);
      return new JobCgroup(group);
    } catch (error) {
      log.debug("Cannot make {directory}: {error}", { directory: group.directory, error });
      return undefined;
    }
  }

  /** A process that writes its id there is moved into the group. */
  get procsPath(): string {
    return `${this.#group.directory}/cgroup.procs`;
  }

  /** The memory of the job, without the cache that it could give up. */
  usedBytes(): number {
    const { usage, inactive } = MEMORY_FILES[this.#group.version];
    const used = parseInt(this.#read(usage) ?? "") || 0;
    return Math.max(0, used - (counter(this.#read("memory.stat"), inactive) ?? 0));
  }

  /** How many of its processes the kernel has killed for want of memory. */
  oomKills(): number {
    return counter(this.#read(MEMORY_FILES[this.#group.version].events), "oom_kill") ?? 0;
  }

  /** The kernel ends the job when it uses more than this. */
  limit(bytes: number): void {
    const path = `${this.#group.directory}/${MEMORY_FILES[this.#group.version].limit}`;
    try {
      Deno.writeTextFileSync(path, String(Math.round(bytes)));
    } catch (error) {
      log.debug("Cannot write {path}: {error}", { path, error });
    }
  }

  /** Kills what is left in it, and removes it. Never rejects. */
  async remove(): Promise<void> {
    const { directory } = this.#group;
    for (let round = 0; round < MAX_REMOVALS; round++) {
      const pids = this.#read("cgroup.procs")?.split("\n").map(Number) ?? [];
      for (const pid of pids) sendSignal(pid, "SIGKILL");
      try {
        return await Deno.remove(directory);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return;
        await delay(REMOVAL_PAUSE_MS);
      }
    }
    log.warn("Cannot remove {directory}: it is still in use", { directory });
  }

  #read(name: string): string | undefined {
    return readText(`${this.#group.directory}/${name}`);
  }
}

/** Whether a group counts the memory of those below it, or can be told to. */
function countsChildren({ version, directory }: Cgroup): boolean {
  if (version === 1) return readText(`${directory}/memory.use_hierarchy`)?.trim() === "1";
  const path = `${directory}/cgroup.subtree_control`;
  if (readText(path)?.split(/\s+/).includes("memory")) return true;
  // A group of version 2 that has processes gives no controller on: they move into one below it.
  const own = `${directory}/toil-mesos-executor`;
  Deno.mkdirSync(own, { recursive: true });
  Deno.writeTextFileSync(`${own}/cgroup.procs`, String(Deno.pid));
  Deno.writeTextFileSync(path, "+memory");
  return true;
}
