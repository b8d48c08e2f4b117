/**
 * A running job, which a kill or a limit can end.
 *
 * @module
 */

import { Deadline } from "./deadline.ts";
import type { Exit, ProcessGroup } from "./process_group.ts";

/** A limit that a job can exceed. */
export type Limit = "memory" | "time";

/** How a command ended. */
export interface LimitedExit extends Exit {
  /** The exceeded limit for which it was killed. */
  readonly limit: Limit | undefined;
}

/** The command of a job. */
export class RunningJob {
  /** Resolves when no process of the command is left. */
  readonly exited: Promise<LimitedExit>;
  readonly #group: ProcessGroup;
  readonly #timeLimit = new Deadline();
  #isKilled = false;
  #limit: Limit | undefined;

  /**
   * Supervises a command that was just started.
   *
   * @param group The command.
   * @param options.timeLimitMs How long it may run; undefined for no limit.
   * @param options.killGraceMs The time between TERM and KILL when it exceeds the time limit.
   */
  constructor(
    group: ProcessGroup,
    { timeLimitMs, killGraceMs }: { timeLimitMs: number | undefined; killGraceMs: number },
  ) {
    this.#group = group;
    this.exited = this.#attend();
    if (timeLimitMs === undefined) return;
    this.#timeLimit.within(timeLimitMs);
    this.#timeLimit.reached.then(() => this.exceed("time", killGraceMs));
  }

  /** Kills the command on request. */
  kill(graceMs: number): Promise<void> {
    this.#isKilled = true;
    return this.#group.kill(graceMs);
  }

  /** Kills the command because it exceeded a limit. */
  exceed(limit: Limit, graceMs: number): void {
    if (!this.#isKilled) this.#limit ??= limit;
    // An error here also rejects `exited`.
    this.#group.kill(graceMs).catch(() => {});
  }

  async #attend(): Promise<LimitedExit> {
    try {
      const exit = await this.#group.exited;
      // A command that exited by itself at the same time was not killed for a limit.
      const limit = exit.killed ? this.#limit : undefined;
      return { ...exit, killed: exit.killed && limit === undefined, limit };
    } finally {
      this.#timeLimit.clear();
    }
  }
}
