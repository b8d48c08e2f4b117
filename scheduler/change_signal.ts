/**
 * Waiting until something has changed.
 *
 * @module
 */

/** The longest delay of a timer: 31 bits of milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

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
