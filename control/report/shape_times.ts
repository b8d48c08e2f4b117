/**
 * How long the jobs of one shape ran and waited, in bounded memory. Pure.
 *
 * @module
 */

import type { BatchJobExitReason } from "../../job/exit_reason.ts";
import type { Shape } from "../../scheduler/core/quantities.ts";

/** Two to an octave, from 2 ms to 12 days. */
const FIRST_EXPONENT = -9;
const BUCKETS = 60;

/** Jobs whose wall times are alike. */
export interface Bucket {
  /** Seconds. */
  readonly from: number;
  /** Seconds. */
  readonly to: number;
  /** How many. */
  readonly jobs: number;
}

/** Times of one shape. */
export class ShapeTimes {
  /** What each job asked for; undefined: of several kinds, or not known. */
  readonly shape: Shape | undefined;
  /** How they have ended. */
  readonly ends: Map<BatchJobExitReason, number> = new Map();
  readonly #buckets = new Float64Array(BUCKETS);
  #jobs = 0;
  #ranSeconds = 0;
  #waitedSeconds = 0;
  #waits = 0;
  #longestSeconds = 0;

  /** Nothing has run yet. */
  constructor(shape: Shape | undefined) {
    this.shape = shape;
  }

  /** Notes an end. */
  end(reason: BatchJobExitReason, wallTimeSeconds: number): void {
    this.ends.set(reason, (this.ends.get(reason) ?? 0) + 1);
    const bucket = Math.floor(2 * (Math.log2(wallTimeSeconds) - FIRST_EXPONENT));
    const clamped = Math.min(BUCKETS - 1, Math.max(0, bucket));
    this.#buckets[clamped] = (this.#buckets[clamped] ?? 0) + 1;
    this.#jobs++;
    this.#ranSeconds += wallTimeSeconds;
    this.#longestSeconds = Math.max(this.#longestSeconds, wallTimeSeconds);
  }

  /** Notes how long a job waited for its first launch. */
  wait(seconds: number): void {
    this.#waits++;
    this.#waitedSeconds += seconds;
  }

  /** How many have ended. */
  get jobs(): number {
    return this.#jobs;
  }

  /** The wall times of all. */
  get ranSeconds(): number {
    return this.#ranSeconds;
  }

  /** The longest. */
  get longestSeconds(): number {
    return this.#longestSeconds;
  }

  /** The mean wait for the first launch. */
  get meanWaitSeconds(): number {
    return this.#waits === 0 ? 0 : this.#waitedSeconds / this.#waits;
  }

  /** The wall time that a share of the jobs did not exceed, to within a bucket. */
  quantile(share: number): number {
    let left = share * this.#jobs;
    for (const { to, jobs } of this.buckets()) {
      left -= jobs;
      if (left <= 0) return Math.min(to, this.#longestSeconds);
    }
    return this.#longestSeconds;
  }

  /** The buckets from the first to the last that is not empty. */
  buckets(): Bucket[] {
    const all = Array.from(this.#buckets, (jobs, i) => ({
      from: 2 ** (FIRST_EXPONENT + i / 2),
      to: 2 ** (FIRST_EXPONENT + (i + 1) / 2),
      jobs,
    }));
    const first = all.findIndex(({ jobs }) => jobs > 0);
    return all.slice(Math.max(0, first), all.findLastIndex(({ jobs }) => jobs > 0) + 1);
  }
}
