/**
 * Warnings that are given once for as long as the problem lasts, however often it shows.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";

/** What an operator is told of one problem. */
export interface Problem {
  /** What cannot be done, and where. */
  readonly problem: string;
  /** What the operator can do about it. */
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

  /** What was a problem works again. */
  solved({ problem }: Pick<Problem, "problem">): void {
    this.#known.delete(problem);
  }
}
