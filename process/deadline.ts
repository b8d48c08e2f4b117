/**
 * Deadlines, and waiting for them.
 *
 * @module
 */

import { MAX_TIMER_MS } from "../support/timer.ts";

/** Resolves after a time. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A point in time that starts infinitely far away and can only move closer. */
export class Deadline {
  readonly #reached = Promise.withResolvers<void>();
  #isReached = false;
  #atMs = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Resolves when the deadline is reached. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Whether the deadline is reached. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Moves the deadline to at most `ms` milliseconds from now; 0 means now. */
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

  /**
   * Cancels the deadline unless it is reached; later calls of {@linkcode within} have no effect.
   */
  clear(): void {
    this.#atMs = -Infinity;
    clearTimeout(this.#timer);
  }

  /** Sets the timer; one that exceeds the longest possible delay fires early and is set again. */
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
