/**
 * Results for clients that acknowledge by number: the same results come again until they are
 * acknowledged, however often they are asked for, also after a restart. The jobs of a jobs file
 * are left out: their results go where the run writes them.
 *
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { ChangeSignal } from "./change_signal.ts";
import type { SchedulerState } from "./core/scheduler_state.ts";
import type { Update, Updates } from "./inspection.ts";

/** What a feed works with. */
export interface UpdateFeedOptions {
  /** Holds the results. */
  readonly state: SchedulerState;
  /** Notified when the state has changed. */
  readonly changes: ChangeSignal;
  /** Milliseconds, never stepping back. */
  readonly now: () => number;
  /** Notes that results have arrived; resolves once that is stored. */
  readonly deliver: (jobIDs: readonly JobId[]) => Promise<void>;
}

/** Gives results out by number. */
export class UpdateFeed implements Updates {
  readonly #options: UpdateFeedOptions;

  /**
   * Everything that is not acknowledged is given out.
   *
   * @param options Where results come from.
   */
  constructor(options: UpdateFeedOptions) {
    this.#options = options;
  }

  /**
   * The next results that are not acknowledged, oldest first; none when there are none in time.
   *
   * @param options.limit The most to take.
   * @param options.maxWaitMs How long to wait for the first.
   * @param options.signal Ends the wait: the client has gone.
   */
  async next(
    { limit, maxWaitMs, signal }: { limit: number; maxWaitMs: number; signal?: AbortSignal },
  ): Promise<Update[]> {
    const { state, changes, now } = this.#options;
    const deadlineMs = now() + maxWaitMs;
    while (true) {
      const updates = this.#pending(limit);
      const remainingMs = deadlineMs - now();
      const isOver = remainingMs <= 0 || state.stopping || signal?.aborted;
      if (updates.length > 0 || isOver) return updates;
      await changes.wait(remainingMs, signal);
    }
  }

  /**
   * All results up to this number have arrived: they never come again.
   *
   * @throws {RangeError} when no result has that number yet.
   */
  async acknowledge(number: number): Promise<void> {
    const { state } = this.#options;
    const last = (state.framework.nextResultNumber ?? 1) - 1;
    if (number > last) {
      throw new RangeError(`Cannot acknowledge update ${number}: the last one is ${last}`);
    }
    const jobIDs: JobId[] = [];
    for (const [jobID, update] of this.#unacknowledged()) {
      if (update.number > number) break;
      jobIDs.push(jobID);
    }
    if (jobIDs.length > 0) await this.#options.deliver(jobIDs);
  }

  /** How many wait to be acknowledged. */
  get pending(): number {
    return [...this.#unacknowledged()].length;
  }

  #pending(limit: number): Update[] {
    const updates: Update[] = [];
    for (const [, update] of this.#unacknowledged()) {
      if (updates.length === limit) break;
      updates.push(update);
    }
    return updates;
  }

  *#unacknowledged(): Generator<[JobId, Update]> {
    const { undelivered, jobs } = this.#options.state;
    for (const jobID of undelivered) {
      const { result, resultNumber, spec } = jobs.get(jobID) ?? {};
      if (!result || resultNumber === undefined || spec?.fileDigest !== undefined) continue;
      yield [jobID, { number: resultNumber, result }];
    }
  }
}
