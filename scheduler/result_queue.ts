/**
 * Results on their way to whoever wants them: each is given out once, and kept until it arrives.
 *
 * @module
 */

import type { ChangeSignal } from "./change_signal.ts";
import type { BatchJobResult } from "./core/records.ts";
import type { SchedulerState } from "./core/scheduler_state.ts";

/** What a queue is made with. */
export interface ResultQueueOptions {
  /** Holds the results. */
  state: SchedulerState;
  /** Notified when the state has changed. */
  changes: ChangeSignal;
  /** Rejects when there will be no more results. */
  failed: Promise<never>;
  /** Milliseconds, never stepping back. */
  now: () => number;
}

/** Gives results out. */
export class ResultQueue {
  readonly #options: ResultQueueOptions;
  /** Given out, and not known to have arrived. */
  readonly #taken = new Set<number>();

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
   */
  async take(
    { limit, maxWaitMs }: { limit: number; maxWaitMs: number },
  ): Promise<BatchJobResult[]> {
    const { state, changes, failed, now } = this.#options;
    const deadlineMs = now() + maxWaitMs;
    while (true) {
      const results = this.#takeNow(limit);
      const remainingMs = deadlineMs - now();
      const isOver = remainingMs <= 0 || state.stopping;
      if (results.length > 0 || isOver) return results;
      await Promise.race([changes.wait(remainingMs), failed]);
    }
  }

  /** These have arrived: they are no longer kept. */
  arrived(jobIDs: readonly number[]): void {
    for (const jobID of jobIDs) this.#taken.delete(jobID);
  }

  #takeNow(limit: number): BatchJobResult[] {
    const { undelivered, jobs } = this.#options.state;
    const results: BatchJobResult[] = [];
    for (const jobID of undelivered) {
      if (results.length === limit) break;
      const result = jobs.get(jobID)?.result;
      if (!result || this.#taken.has(jobID)) continue;
      this.#taken.add(jobID);
      results.push(result);
    }
    return results;
  }
}
