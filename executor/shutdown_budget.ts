/**
 * How an executor spends its last seconds. Pure.
 *
 * ```text
 *  SHUTDOWN                                                            agent kills all
 *     ├── SIGTERM ─── grace ──► SIGKILL ──► clean up ──► last updates ──► margin ┤
 *                                └───────────────── tail ────────────────────────┘
 * ```
 *
 * @module
 */

import { EXECUTOR_TAIL_MS } from "../job/executor_tail.ts";

/** Where an agent gives an executor less than it was asked for, jobs have at least this share. */
const MIN_GRACE_SHARE = 0.5;

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

/** Divides the time that the agent gives an executor: the grace of the jobs and a tail. */
export function shutdownBudget(gracePeriodMs: number): ShutdownBudget {
  const tailMs = Math.min(EXECUTOR_TAIL_MS, gracePeriodMs * (1 - MIN_GRACE_SHARE));
  const killGraceMs = gracePeriodMs - tailMs;
  return {
    killGraceMs,
    killMs: killGraceMs + tailMs * 0.2,
    cleanMs: tailMs * 0.3,
    drainMs: tailMs * 0.3,
    leaveMs: tailMs * 0.4,
  };
}
