/**
 * Results on their way to their consumer: each is delivered once and kept until it is confirmed.
 *
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { ChangeSignal } from "./change_signal.ts";
import type { BatchJobResult } from "./core/records.ts";
import type { SchedulerState } from "./core/scheduler_state.ts";

/** What a queue is made with. */
export interface ResultQueueOptions {
  /** Holds the results. */
  state: SchedulerState;
  /** Notified when the state has changed. */
  changes: ChangeSignal;
  /** Milliseconds, never stepping back. */
  now: () => number;
}

/** Which results to take. */
export interface ResultSelection {
  /** The most to take. */
  readonly limit: number;
  /** How long to wait for the first. */
  readonly maxWaitMs: number;
  /** Only results of the jobs of this file. */
  readonly fileDigest?: string;
}

/** Gives results out. */
export class ResultQueue {
  readonly #options: ResultQueueOptions;
  /** Given out, and not known to have arrived. */
  readonly #taken = new Set<JobId>();

  /**
   * Everything that is undelivered is to be given out.
   *
   * @param options Where results come from.
   */
  constructor(options: ResultQueueOptions) {
    this.#options = options;
  }

  /**
   * The next results, oldest first; none when there are none within the time.
   *
   * @param options.limit The most to take.
   * @param options.maxWaitMs How long to wait for the first.
   * @param options.fileDigest Only results of the jobs of this file.
   */
  async take({ limit, maxWaitMs, fileDigest }: ResultSelection): Promise<BatchJobResult[]> {
    const { state, changes, now } = this.#options;
    const deadlineMs = now() + maxWaitMs;
    while (true) {
      const results = this.#takeNow(limit, fileDigest);
      const remainingMs = deadlineMs - now();
      const isOver = remainingMs <= 0 || state.stopping;
      if (results.length > 0 || isOver) return results;
      await changes.wait(remainingMs);
    }
  }

  /** Confirms these results: they are no longer kept. */
  arrived(jobIDs: readonly JobId[]): void {
    for (const jobID of jobIDs) this.#taken.delete(jobID);
  }

  #takeNow(limit: number, fileDigest: string | undefined): BatchJobResult[] {
    const { undelivered, jobs } = this.#options.state;
    const results: BatchJobResult[] = [];
    for (const jobID of undelivered) {
      if (results.length === limit) break;
      const { result, spec } = jobs.get(jobID) ?? {};
      if (!result || this.#taken.has(jobID)) continue;
      if (fileDigest !== undefined && spec?.fileDigest !== fileDigest) continue;
      this.#taken.add(jobID);
      results.push(result);
    }
    return results;
  }
}
