/**
 * Waits between attempts: capped exponential growth with full jitter, so that a thousand clients of
 * a restarted server do not come back all at once.
 *
 * @module
 */

import { type Clock, SYSTEM_CLOCK } from "../../support/clock.ts";

/** What ended sooner than this after it had succeeded did not do well: waits keep growing. */
export const HEALTHY_AFTER_MS = 5_000;

/** Bounds of the wait. */
export interface BackoffOptions {
  /** Upper bound of the first wait, in milliseconds. */
  baseMs: number;
  /** Upper bound of any wait, in milliseconds. */
  maxMs: number;
  /** Gives a number in [0, 1). @default {Math.random} */
  random?: () => number;
}

/** Gives one wait after the other, until an attempt succeeds for a while. */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempt = 0;

  /**
   * Starts with short waits.
   *
   * @param options The bounds.
   */
  constructor({ baseMs, maxMs, random = Math.random }: BackoffOptions) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const bound = Math.min(this.#maxMs, this.#baseMs * 2 ** this.#attempt);
    // Beyond the cap the exponent says nothing more, and 2 ** attempt would leave the numbers.
    if (bound < this.#maxMs) this.#attempt++;
    return this.#random() * bound;
  }

  /** An attempt has succeeded, and lasted for `ms`. After a healthy time waits are short again. */
  succeeded(ms: number): void {
    if (ms > HEALTHY_AFTER_MS) this.#attempt = 0;
  }
}

/** Resolves after `ms`, or as soon as the signal is aborted; never rejects. */
export function sleep(
  ms: number,
  signal: AbortSignal,
  clock: Clock = SYSTEM_CLOCK,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      stop();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stop = clock.after(ms, done);
    signal.addEventListener("abort", done);
  });
}
