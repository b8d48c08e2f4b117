/**
 * A job while its command runs: what can end it but itself.
 *
 * @module
 */

import { Deadline } from "./deadline.ts";
import type { Exit, ProcessGroup } from "./process_group.ts";

/** What a job can have too much of. */
export type Limit = "memory" | "time";

/** How a command ended. */
export interface LimitedExit extends Exit {
  /** The limit that it was ended for. */
  readonly limit: Limit | undefined;
}

/** The command of a job. */
export class RunningJob {
  /** Settles when nothing of it is left. */
  readonly exited: Promise<LimitedExit>;
  readonly #group: ProcessGroup;
  readonly #timeLimit = new Deadline();
  #isKilled = false;
  #limit: Limit | undefined;

  /**
   * Watches over a command that has just been started.
   *
   * @param group The command.
   * @param options.timeLimitMs How long it may run; for ever, when undefined.
   * @param options.killGraceMs Between TERM and KILL when it has run for too long.
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

  /** Ends it because somebody wants that. */
  kill(graceMs: number): Promise<void> {
    this.#isKilled = true;
    return this.#group.kill(graceMs);
  }

  /** Ends it because it has too much of something. */
  exceed(limit: Limit, graceMs: number): void {
    if (!this.#isKilled) this.#limit ??= limit;
    // What goes wrong is the same that goes wrong with the exit.
    this.#group.kill(graceMs).catch(() => {});
  }

  async #attend(): Promise<LimitedExit> {
    try {
      const exit = await this.#group.exited;
      // A command that ended by itself in the same moment was not ended for a limit.
      const limit = exit.killed ? this.#limit : undefined;
      return { ...exit, killed: exit.killed && limit === undefined, limit };
    } finally {
      this.#timeLimit.clear();
    }
  }
}
