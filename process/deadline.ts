/**
 * Points in time, and waiting for them.
 *
 * @module
 */

import { MAX_TIMER_MS } from "../support/timer.ts";

/** Resolves after a time. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A point in time that is infinitely far away at first and can only come nearer. */
export class Deadline {
  readonly #reached = Promise.withResolvers<void>();
  #isReached = false;
  #atMs = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Resolves when the time has come. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Whether the time has come. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** It comes in so many milliseconds at the latest; now, for 0. */
  within(ms: number): void {
    const atMs = performance.now() + ms;
    if (atMs >= this.#atMs) return;
    this.#atMs = atMs;
    this.#arm();
  }

  /** Resolves after a time, or when the deadline is reached if that is earlier. */
  async pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, this.reached]);
    clearTimeout(timer);
  }

  /** It never comes, if it has not yet, whatever {@linkcode within} says. */
  clear(): void {
    this.#atMs = -Infinity;
    clearTimeout(this.#timer);
  }

  /** A timer that is longer than there are ends early and is set again. */
  #arm(): void {
    clearTimeout(this.#timer);
    const ms = this.#atMs - performance.now();
    if (ms > 0) {
      this.#timer = setTimeout(() => this.#arm(), Math.min(Math.ceil(ms), MAX_TIMER_MS));
      return;
    }
    this.#isReached = true;
    this.#reached.resolve();
  }
}
