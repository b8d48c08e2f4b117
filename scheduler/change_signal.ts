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

  /** Resolves at the next change, or after `ms` at the latest. */
  async wait(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS));
    });
    try {
      await Promise.race([this.#next.promise, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}
