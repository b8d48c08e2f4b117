/**
 * Named timers: a later one replaces an earlier one, and none is leaked.
 *
 * @module
 */

import { MAX_TIMER_MS } from "../support/timer.ts";

/** The name of a timer; equal descriptions give the same name. */
export function timerName(description: object): string {
  return JSON.stringify(Object.entries(description).sort());
}

export class Timers {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** Calls back after `afterMs`, once; replaces the timer of the same name. */
  set(name: string, afterMs: number, callback: () => void): void {
    this.clear(name);
    const rest = afterMs - MAX_TIMER_MS;
    const fire = () => {
      if (rest > 0) return this.set(name, rest, callback);
      this.#timers.delete(name);
      callback();
    };
    this.#timers.set(name, setTimeout(fire, Math.min(afterMs, MAX_TIMER_MS)));
  }

  /** Stops the timer of this name, if any. */
  clear(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  clearAll(): void {
    for (const name of [...this.#timers.keys()]) this.clear(name);
  }
}
