/**
 * Which job is ended when the memory of all runs out. The jobs of an executor share one container
 * with it, and a Mesos agent destroys a container that exceeds its limit. So before that, the job
 * that exceeds its own request the most is ended, and the others continue.
 *
 * @module
 */

import { familyOf, readProcessTable } from "../process/process_table.ts";
import { getLogger } from "../support/log.ts";
import { readText } from "../support/read_text.ts";
import { JobCgroup } from "./job_cgroup.ts";
import type { MemoryCgroup } from "./memory_cgroup.ts";

const log = getLogger("executor");

/** How often the memory is looked at. */
const WATCH_MS = 100;

/** The container is near its limit when no more than this share is left … */
const RESERVE_SHARE = 0.05;
/** … within these bounds. */
const MIN_RESERVE_BYTES = 8 * 2 ** 20;
const MAX_RESERVE_BYTES = 128 * 2 ** 20;

const KIBIBYTE = 1024;

/** A job whose memory is watched. */
export interface WatchedJob {
  /** What it has asked for; undefined where nobody said. */
  readonly requestedBytes: number | undefined;
  /** Its own group, where it has one. */
  readonly cgroup: JobCgroup | undefined;
  /** Its session. */
  readonly pid: number;
  /** The mark of its processes. */
  readonly mark: string;
  /** Ends it. */
  readonly exceed: () => void;
}

/** What of a container's limit is kept free. */
export function reserveBytes(limitBytes: number): number {
  return Math.min(MAX_RESERVE_BYTES, Math.max(MIN_RESERVE_BYTES, limitBytes * RESERVE_SHARE));
}

/** The one that exceeds its request the most; undefined when none does. */
export function mostExcessive<T extends { excessBytes: number }>(
  jobs: readonly T[],
): T | undefined {
  return jobs.filter(({ excessBytes }) => excessBytes > 0)
    .sort((a, b) => b.excessBytes - a.excessBytes)[0];
}

/** Watches the memory of jobs, as long as there are any. */
export class JobMemory {
  readonly #memory: MemoryCgroup;
  readonly #jobs = new Set<WatchedJob>();
  readonly #ending = new Set<WatchedJob>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Watches nothing yet.
   *
   * @param memory The executor's container.
   */
  constructor(memory: MemoryCgroup) {
    this.#memory = memory;
  }

  /** The group for a job that is about to be started; undefined where none can be had or is of use. */
  makeCgroup(name: string): JobCgroup | undefined {
    const { own } = this.#memory;
    return own && this.#limit() ? JobCgroup.make(own, `toil-mesos-${name}`) : undefined;
  }

  /** Watches a job, until the function that it gives is called. */
  watch(job: WatchedJob): () => void {
    this.#jobs.add(job);
    // Also before its first allocation.
    const limit = this.#limit();
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

  /** How far the container is from being near its limit. */
  #limit(): { freeBytes: number } | undefined {
    const limit = this.#memory.limit();
    // Version 1 has a number for no limit.
    if (!limit || limit.limitBytes > Number.MAX_SAFE_INTEGER) return undefined;
    return { freeBytes: limit.limitBytes - reserveBytes(limit.limitBytes) - limit.usedBytes };
  }

  async #look(): Promise<void> {
    const timer = this.#timer;
    try {
      const limit = this.#limit();
      if (limit && limit.freeBytes > 0) this.#limitEach(limit);
      // What is being ended is about to give its memory back.
      else if (limit && this.#ending.size === 0) await this.#endOne();
    } catch (error) {
      log.warn("Cannot look at the memory of the jobs: {error}", { error });
    }
    // Meanwhile the last job may have ended, and another begun.
    if (this.#timer === timer) this.#timer = setTimeout(() => this.#look(), WATCH_MS);
  }

  /** No job takes more at once than is free: the kernel ends it before the container is full. */
  #limitEach({ freeBytes }: { freeBytes: number }): void {
    for (const { cgroup, requestedBytes = 0 } of this.#jobs) {
      cgroup?.limit(Math.max(requestedBytes, cgroup.usedBytes() + Math.max(0, freeBytes)));
    }
  }

  async #endOne(): Promise<void> {
    const worst = mostExcessive(await this.#excesses());
    if (!worst || !this.#jobs.has(worst.job)) return;
    const { excessBytes, job } = worst;
    log.warn("Ending process group {pid}: it exceeds its memory by {excessBytes} bytes, the most", {
      pid: job.pid,
      excessBytes,
    });
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

/** What a process holds for itself: pages of files can be given up. */
function residentBytes(pid: number): number {
  const status = readText(`/proc/${pid}/status`) ?? "";
  const kibibytes = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)];
  return kibibytes.reduce((sum, [, amount]) => sum + Number(amount), 0) * KIBIBYTE;
}
