/**
 * Notices silence.
 *
 * @module
 */

import { type Clock, SYSTEM_CLOCK } from "../support/clock.ts";

/**
 * Calls back when nothing has happened for a time. Connections carry thousands of messages a
 * second: the one timer is not set again for each of them, but only when it fires too early.
 */
export class IdleTimer {
  /** Called once after a silence that was too long; then the timer has ended. */
  onSilence: (timeoutMs: number) => void;
  readonly #clock: Clock;
  #timeoutMs: number | undefined;
  /** When the silence is too long; Infinity while silence is allowed. */
  #deadlineMs = Infinity;
  /** When the timer fires; Infinity while there is none. */
  #firesAtMs = Infinity;
  #cancel = () => {};
  #hasEnded = false;

  /**
   * A timer that does not run yet.
   *
   * @param onSilence Called after a silence that was too long.
   * @param clock Measures the silence.
   */
  constructor(onSilence: (timeoutMs: number) => void, clock: Clock = SYSTEM_CLOCK) {
    this.onSilence = onSilence;
    this.#clock = clock;
  }

  /** From now on silence may last for `timeoutMs`; undefined: forever. */
  watch(timeoutMs: number | undefined): void {
    this.#timeoutMs = timeoutMs;
    this.restart();
  }

  /** Something has happened. */
  restart(): void {
    const timeoutMs = this.#timeoutMs;
    if (this.#hasEnded || timeoutMs === undefined) return this.stop();
    const nowMs = this.#clock.now();
    this.#deadlineMs = nowMs + timeoutMs;
    if (this.#deadlineMs < this.#firesAtMs) this.#fireAfter(timeoutMs, nowMs);
  }

  /** Silence is allowed until the next `restart` or `watch`. */
  stop(): void {
    this.#deadlineMs = Infinity;
  }

  /** There is nothing to watch any more. Idempotent. */
  end(): void {
    this.stop();
    this.#hasEnded = true;
    this.#cancel();
  }

  #fireAfter(ms: number, nowMs: number): void {
    this.#cancel();
    this.#firesAtMs = nowMs + ms;
    this.#cancel = this.#clock.after(ms, () => this.#fire());
  }

  #fire(): void {
    this.#firesAtMs = Infinity;
    if (this.#deadlineMs === Infinity) return;
    const nowMs = this.#clock.now();
    const restMs = this.#deadlineMs - nowMs;
    if (restMs > 0) return this.#fireAfter(restMs, nowMs);
    this.end();
    this.onSilence(this.#timeoutMs ?? 0);
  }
}
