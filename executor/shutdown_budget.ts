/**
 * How an executor spends its last seconds. Pure.
 *
 * ```text
 *  SHUTDOWN                                                        agent kills all
 *     ├── SIGTERM ────────► SIGKILL ──► clean up ──► last updates ──► margin ┤
 *     0                   50 %        60 %         75 %             95 %  100 %
 * ```
 *
 * @module
 */

/** The steps of a shutdown, each with the longest it may take, in milliseconds. */
export interface ShutdownBudget {
  /** Between SIGTERM and SIGKILL. */
  killGraceMs: number;
  /** From SIGTERM until all jobs have ended. */
  killMs: number;
  /** For removing files. */
  cleanMs: number;
  /** For updates to be acknowledged. */
  drainMs: number;
  /** For taking leave of the agent, with that. */
  leaveMs: number;
}

/** Divides the time that the agent gives an executor. */
export function shutdownBudget(gracePeriodMs: number): ShutdownBudget {
  return {
    killGraceMs: gracePeriodMs * 0.5,
    killMs: gracePeriodMs * 0.6,
    cleanMs: gracePeriodMs * 0.15,
    drainMs: gracePeriodMs * 0.15,
    leaveMs: gracePeriodMs * 0.2,
  };
}
