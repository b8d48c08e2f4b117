/**
 * Notices silence.
 *
 * @module
 */

import { MAX_TIMER_MS } from "../support/timer.ts";

/** Aborts its signal when nothing has happened for a time. */
export class IdleTimer {
  readonly #describe: (timeoutMs: number) => Error;
  readonly #controller = new AbortController();
  #timeoutMs: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * A timer that does not run yet.
   *
   * @param describe Makes the reason of the abort.
   */
  constructor(describe: (timeoutMs: number) => Error) {
    this.#describe = describe;
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
    this.#timer = setTimeout(
      () => this.#controller.abort(this.#describe(timeoutMs)),
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
  }

  /** Silence is no fault until the next `restart` or `watch`. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
