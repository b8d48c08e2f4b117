/**
 * Interprets signals: the first asks this program to shut down, a later one to exit at once.
 *
 * @module
 */

/** The signals that ask this program to shut down. */
export const INTERRUPTING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** One of them. */
export type InterruptingSignal = typeof INTERRUPTING_SIGNALS[number];

/** A terminal and a wrapper, or a supervisor that signals process and group, send a signal twice at
 * the same time; only a later signal is a second request. */
const SAME_WISH_MS = 300;

/** What signals lead to. */
export interface InterruptionOptions {
  /** Whether this program survives its terminal. */
  readonly ignoresHangUp: boolean;
  /** Called at the first signal. */
  readonly interrupted: (signal: InterruptingSignal) => void;
  /** Called when somebody does not want to wait. */
  readonly leaveAtOnce: () => void;
  /** Milliseconds, never stepping back. */
  readonly now: () => number;
}

/** Takes signals. */
export class Interruption {
  readonly #options: InterruptionOptions;
  #firstMs: number | undefined;

  /**
   * No signal has come yet.
   *
   * @param options The callbacks.
   */
  constructor(options: InterruptionOptions) {
    this.#options = options;
  }

  /** A signal has come. */
  signal(signal: InterruptingSignal): void {
    const { ignoresHangUp, interrupted, leaveAtOnce, now } = this.#options;
    if (signal === "SIGHUP" && ignoresHangUp) return;
    if (this.#firstMs === undefined) {
      this.#firstMs = now();
      interrupted(signal);
    } else if (signal !== "SIGHUP" && now() - this.#firstMs > SAME_WISH_MS) {
      // A closing terminal sends several signals: they are not an impatient user.
      leaveAtOnce();
    }
  }
}
