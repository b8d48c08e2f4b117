/**
 * A control group for one job, below the executor's own: its memory is counted separately, and none
 * of its processes leaves it by forking.
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

/** How many attempts to kill and remove the group of an ended job. */
const MAX_REMOVALS = 20;
const REMOVAL_PAUSE_MS = 10;

/** The group of a job. The caller must remove it. */
export class JobCgroup {
  readonly #group: Cgroup;

  private constructor(group: Cgroup) {
    this.#group = group;
  }

  /**
   * Creates a group; undefined if that is not permitted or its memory would not be counted.
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
      log.debug("Cannot create {directory}: {error}", { directory: group.directory, error });
      return undefined;
    }
  }

  /** The file to which a process writes its id to join the group. */
  get procsPath(): string {
    return `${this.#group.directory}/cgroup.procs`;
  }

  /** The memory of the job, without reclaimable cache. */
  usedBytes(): number {
    const { usage, inactive } = MEMORY_FILES[this.#group.version];
    const used = parseInt(this.#read(usage) ?? "") || 0;
    return Math.max(0, used - (counter(this.#read("memory.stat"), inactive) ?? 0));
  }

  /** How many of its processes the kernel's OOM killer has killed. */
  oomKills(): number {
    return counter(this.#read(MEMORY_FILES[this.#group.version].events), "oom_kill") ?? 0;
  }

  /** Sets the limit above which the kernel kills the job. */
  limit(bytes: number): void {
    const path = `${this.#group.directory}/${MEMORY_FILES[this.#group.version].limit}`;
    try {
      Deno.writeTextFileSync(path, String(Math.round(bytes)));
    } catch (error) {
      log.debug("Cannot write {path}: {error}", { path, error });
    }
  }

  /** Kills the remaining processes and removes the group. Never rejects. */
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

/** Whether a group counts the memory of its children, or can be configured to. */
function countsChildren({ version, directory }: Cgroup): boolean {
  if (version === 1) return readText(`${directory}/memory.use_hierarchy`)?.trim() === "1";
  const path = `${directory}/cgroup.subtree_control`;
  if (readText(path)?.split(/\s+/).includes("memory")) return true;
  // In version 2, a group with processes can't enable controllers for children: move them into a
  // child.
  const own = `${directory}/toil-mesos-executor`;
  Deno.mkdirSync(own, { recursive: true });
  Deno.writeTextFileSync(`${own}/cgroup.procs`, String(Deno.pid));
  Deno.writeTextFileSync(path, "+memory");
  return true;
}
