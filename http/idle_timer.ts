/**
 * Notices silence.
 *
 * @module
 */

import { type Clock, SYSTEM_CLOCK } from "../support/clock.ts";

/** Aborts its signal when nothing has happened for a time. */
export class IdleTimer {
  readonly #describe: (timeoutMs: number) => Error;
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  #timeoutMs: number | undefined;
  #stop = () => {};

  /**
   * A timer that does not run yet.
   *
   * @param describe Makes the reason of the abort.
   * @param clock Measures the silence.
   */
  constructor(describe: (timeoutMs: number) => Error, clock: Clock = SYSTEM_CLOCK) {
    this.#describe = describe;
    this.#clock = clock;
  }

  /** Aborted, once and for all, after a silence that was too long. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on silence may last for `timeoutMs`; undefined: forever. */
  watch(timeoutMs: number | undefined): void {
    this.#timeoutMs = timeoutMs;
    this.restart();
  }

  /** Something has happened. */
  restart(): void {
    this.stop();
    const timeoutMs = this.#timeoutMs;
    if (timeoutMs === undefined) return;
    const abort = () => this.#controller.abort(this.#describe(timeoutMs));
    this.#stop = this.#clock.after(timeoutMs, abort);
  }

  /** Silence is allowed until the next `restart` or `watch`. */
  stop(): void {
    this.#stop();
  }
}
