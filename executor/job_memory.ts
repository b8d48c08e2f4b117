/**
 * Chooses the job to kill when memory runs out. The jobs of an executor share one container
 * with it, and a Mesos agent destroys a container that exceeds its limit. So before that, the job
 * that exceeds its own request the most is killed, and the others continue.
 *
 * @module
 */

import { familyOf, readProcessTable } from "../process/process_table.ts";
import { getLogger } from "../support/log.ts";
import { readText } from "../support/read_text.ts";
import { JobCgroup } from "./job_cgroup.ts";
import type { MemoryCgroup } from "./memory_cgroup.ts";

const log = getLogger("executor");

/** The interval between memory checks. */
const WATCH_MS = 100;

/** The container is near its limit when no more than this share is left … */
const RESERVE_SHARE = 0.05;
/** … within these bounds. */
const MIN_RESERVE_BYTES = 8 * 2 ** 20;
const MAX_RESERVE_BYTES = 128 * 2 ** 20;

const KIBIBYTE = 1024;

/** A job whose memory is watched. */
export interface WatchedJob {
  /** The requested memory; undefined if unknown. */
  readonly requestedBytes: number | undefined;
  /** Its own control group, if any. */
  readonly cgroup: JobCgroup | undefined;
  /** Its session. */
  readonly pid: number;
  /** The mark of its processes. */
  readonly mark: string;
  /** Kills the job. */
  readonly exceed: () => void;
}

/** The reserve below a container's limit. */
export function reserveBytes(limitBytes: number): number {
  return Math.min(MAX_RESERVE_BYTES, Math.max(MIN_RESERVE_BYTES, limitBytes * RESERVE_SHARE));
}

/** The job that exceeds its request the most; undefined when none does. */
export function mostExcessive<T extends { excessBytes: number }>(
  jobs: readonly T[],
): T | undefined {
  return jobs.filter(({ excessBytes }) => excessBytes > 0)
    .sort((a, b) => b.excessBytes - a.excessBytes)[0];
}

/** Watches the memory of jobs while any run. */
export class JobMemory {
  readonly #memory: MemoryCgroup;
  readonly #jobs = new Set<WatchedJob>();
  readonly #ending = new Set<WatchedJob>();
  #isLimited = false;
  #lookAgainMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Creates a watcher without jobs.
   *
   * @param memory The executor's container.
   */
  constructor(memory: MemoryCgroup) {
    this.#memory = memory;
  }

  /** Creates the group of a job before its start; undefined if impossible or useless. */
  makeCgroup(name: string): JobCgroup | undefined {
    const own = this.#hasLimit() ? this.#memory.own : undefined;
    return own ? JobCgroup.make(own, `toil-mesos-${name}`) : undefined;
  }

  /** Whether the container has a limit. It rarely changes, and each look takes several files. */
  #hasLimit(): boolean {
    const nowMs = performance.now();
    if (nowMs >= this.#lookAgainMs) {
      this.#isLimited = this.#memory.limit() !== undefined;
      this.#lookAgainMs = nowMs + WATCH_MS;
    }
    return this.#isLimited;
  }

  /** Watches a job until the returned function is called. */
  watch(job: WatchedJob): () => void {
    this.#jobs.add(job);
    // Set the limit before the first allocation.
    const limit = job.cgroup && this.#limit();
    if (limit) this.#limitEach(limit);
    this.#timer ??= setTimeout(() => this.#look(), WATCH_MS);
    return () => {
      this.#jobs.delete(job);
      this.#ending.delete(job);
      if (this.#jobs.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /** How much memory is free above the reserve. */
  #limit(): { freeBytes: number } | undefined {
    const limit = this.#memory.limit();
    if (!limit) return undefined;
    return { freeBytes: limit.limitBytes - reserveBytes(limit.limitBytes) - limit.usedBytes };
  }

  async #look(): Promise<void> {
    const timer = this.#timer;
    try {
      const limit = this.#limit();
      if (limit && limit.freeBytes > 0) this.#limitEach(limit);
      // A job that is being killed is about to release its memory.
      else if (limit && this.#ending.size === 0) await this.#endOne();
    } catch (error) {
      log.warn("Cannot check the memory of jobs: {error}", { error });
    }
    // Meanwhile the last job may have ended and another started.
    if (this.#timer === timer) this.#timer = setTimeout(() => this.#look(), WATCH_MS);
  }

  /** Limits each job to an equal share of the free memory, as all of them may grow at once: the
   * kernel kills it before the container is full. */
  #limitEach({ freeBytes }: { freeBytes: number }): void {
    const shareBytes = Math.max(0, freeBytes) / this.#jobs.size;
    for (const { cgroup, requestedBytes = 0 } of this.#jobs) {
      cgroup?.limit(Math.max(requestedBytes, cgroup.usedBytes() + shareBytes));
    }
  }

  async #endOne(): Promise<void> {
    const worst = mostExcessive(await this.#excesses());
    if (!worst || !this.#jobs.has(worst.job)) return;
    const { excessBytes, job } = worst;
    log.warn(
      "Killing process group {pid}: it exceeds its memory request by {excessBytes} bytes, more than any other",
      {
        pid: job.pid,
        excessBytes,
      },
    );
    this.#ending.add(job);
    job.exceed();
  }

  async #excesses(): Promise<{ job: WatchedJob; excessBytes: number }[]> {
    const jobs = [...this.#jobs].filter(({ requestedBytes }) => requestedBytes !== undefined);
    const table = jobs.some(({ cgroup }) => !cgroup) ? await readProcessTable() : [];
    return jobs.map((job) => {
      const { cgroup, mark, pid, requestedBytes = 0 } = job;
      const usedBytes = cgroup
        ? cgroup.usedBytes()
        : familyOf(table, { marks: [mark], sessionIds: [pid] })
          .reduce((sum, entry) => sum + residentBytes(entry.pid), 0);
      return { job, excessBytes: usedBytes - requestedBytes };
    });
  }
}

/** The anonymous memory of a process; file pages can be reclaimed. */
function residentBytes(pid: number): number {
  const status = readText(`/proc/${pid}/status`) ?? "";
  const kibibytes = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)];
  return kibibytes.reduce((sum, [, amount]) => sum + Number(amount), 0) * KIBIBYTE;
}
