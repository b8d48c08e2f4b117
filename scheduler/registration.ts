/**
 * Waiting for the first answer of a Mesos.
 *
 * @module
 */

import { MAX_TIMER_MS } from "../support/timer.ts";
import { MesosUnavailableError } from "./unavailable_error.ts";

/** What a wait needs to know. */
export interface RegistrationOptions {
  /** How long to wait. */
  readonly timeoutMs: number;
  /** What went wrong last, if anything did. */
  readonly lastError: () => Error | undefined;
  /** Rejects when there will be no registration. */
  readonly failed: Promise<never>;
}

/** Whether the framework is registered. */
export class Registration {
  readonly #registered = Promise.withResolvers<void>();

  /** It is. */
  done(): void {
    this.#registered.resolve();
  }

  /**
   * Resolves once it is.
   *
   * @throws {MesosUnavailableError} when that takes too long; the text says what went wrong.
   */
  async wait({ timeoutMs, lastError, failed }: RegistrationOptions): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const reason = lastError()?.message ?? "no master has answered";
      const text = `Cannot register with Mesos within ${timeoutMs / 1000} s: ${reason}`;
      late.reject(new MesosUnavailableError(text));
    }, Math.min(timeoutMs, MAX_TIMER_MS));
    try {
      await Promise.race([this.#registered.promise, late.promise, failed]);
    } finally {
      clearTimeout(timer);
    }
  }
}
