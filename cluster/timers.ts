/**
 * Timers by description: a later one replaces an equal one, and none is leaked.
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

  /** Calls back after `afterMs`, once; replaces the timer of an equal description. */
  set(timer: object, afterMs: number, callback: () => void): void {
    this.clear(timer);
    const name = timerName(timer);
    const rest = afterMs - MAX_TIMER_MS;
    const fire = () => {
      if (rest > 0) return this.set(timer, rest, callback);
      this.#timers.delete(name);
      callback();
    };
    this.#timers.set(name, setTimeout(fire, Math.min(afterMs, MAX_TIMER_MS)));
  }

  clear(timer: object): void {
    const name = timerName(timer);
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  clearAll(): void {
    for (const id of this.#timers.values()) clearTimeout(id);
    this.#timers.clear();
  }
}
