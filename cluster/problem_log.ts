/**
 * Warnings that are given once for as long as the problem lasts, however often it shows.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";

export interface Problem {
  readonly problem: string;
  readonly advice: string;
}

/** Warns of the problems of one server. */
export class ProblemLog {
  readonly #known = new Set<string>();
  readonly #log = getLogger("cluster");

  /** Warns of a problem, unless that has been done since it was last solved. */
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
