/**
 * Waiting until something has changed.
 *
 * @module
 */

import { MAX_TIMER_MS } from "../support/timer.ts";

/**
 * Wakes all who wait, each time something changes. Nothing is kept of a wait that is over: a race
 * with a promise that outlives it would leave a reaction there for each wait.
 */
export class ChangeSignal {
  readonly #waiting = new Set<() => void>();
  #failure: Error | undefined;

  /** Something has changed. */
  notify(): void {
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }

  /** There will be no more changes: present and later waits reject. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.notify();
  }

  /**
   * Resolves at the next change, when the signal is aborted, or after `ms` at the latest.
   *
   * @throws {Error} when there will be no more changes.
   */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    const over = Promise.withResolvers<void>();
    const wake = () => over.resolve();
    this.#waiting.add(wake);
    signal?.addEventListener("abort", wake);
    const timer = setTimeout(wake, Math.min(ms, MAX_TIMER_MS));
    if (this.#failure || signal?.aborted) wake();
    await over.promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", wake);
    this.#waiting.delete(wake);
    if (this.#failure) throw this.#failure;
  }
}
