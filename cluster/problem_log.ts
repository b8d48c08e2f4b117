/**
 * Warnings that are logged once for as long as a problem lasts.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";

export interface Problem {
  readonly problem: string;
  readonly advice: string;
}

export class ProblemLog {
  readonly #known = new Set<string>();
  readonly #log = getLogger("cluster");

  /** Logs a problem, unless it was logged since it was last solved. */
  warn({ problem, advice }: Problem, error: unknown): void {
    if (this.#known.has(problem)) return;
    this.#known.add(problem);
    const reason = error instanceof Error ? error.message : String(error);
    this.#log.warn("{problem}: {reason}. {advice}", { problem, reason, advice });
  }

  solved({ problem }: Pick<Problem, "problem">): void {
    this.#known.delete(problem);
  }
}
