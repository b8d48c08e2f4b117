/**
 * Backoff between attempts: capped exponential growth with full jitter, so that a thousand clients
 * of a restarted server do not all reconnect at once.
 *
 * @module
 */

import { type Clock, SYSTEM_CLOCK } from "../../support/clock.ts";

/** A success that lasts for less than this does not reset the backoff. */
export const HEALTHY_AFTER_MS = 5_000;

/** The bounds of the backoff. */
export interface BackoffOptions {
  /** Upper bound of the first wait, in milliseconds. */
  baseMs: number;
  /** Upper bound of any wait, in milliseconds. */
  maxMs: number;
  /** Returns a number in [0, 1). @default {Math.random} */
  random?: () => number;
}

/** Computes the waits between attempts; they grow until an attempt succeeds for a while. */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempt = 0;

  /**
   * Creates a backoff that starts with short waits.
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
    // Beyond the cap the exponent has no effect, and 2 ** attempt would overflow.
    if (bound < this.#maxMs) this.#attempt++;
    return this.#random() * bound;
  }

  /** Records a success that lasted for `ms`; after a healthy time it resets the backoff. */
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
