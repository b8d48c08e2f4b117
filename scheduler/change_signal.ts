/**
 * Waiting until something has changed.
 *
 * @module
 */

import { MAX_TIMER_MS } from "../support/timer.ts";

/** Wakes all who wait, each time something changes. */
export class ChangeSignal {
  #next = Promise.withResolvers<void>();

  /** Something has changed. */
  notify(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  }

  /** Resolves at the next change, when the signal is aborted, or after `ms` at the latest. */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    const over = Promise.withResolvers<void>();
    const abort = () => over.resolve();
    signal?.addEventListener("abort", abort);
    const timer = setTimeout(over.resolve, Math.min(ms, MAX_TIMER_MS));
    try {
      await Promise.race([this.#next.promise, over.promise]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }
}
