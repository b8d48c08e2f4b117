/**
 * How soon a job is reported as running: at once, except where jobs are short, whose end soon says
 * all. An executor guesses from the job that ended last.
 *
 * @module
 */

import type { TaskOutcome } from "../job/task_outcome.ts";

/** Where jobs are short, one that ends sooner is not reported as running. */
export const RUNNING_DELAY_MS = 20;

/** A job is short if it ends sooner; well above the delay, since a busy node slows jobs down. */
const SHORT_JOB_MS = 100;

/** The delay of one executor. */
export class RunningDelay {
  #ms = 0;

  /** The delay of the next report. */
  get ms(): number {
    return this.#ms;
  }

  /** A job has ended. */
  ended({ wallTimeSeconds = Infinity }: TaskOutcome): void {
    this.#ms = wallTimeSeconds * 1000 < SHORT_JOB_MS ? RUNNING_DELAY_MS : 0;
  }
}
