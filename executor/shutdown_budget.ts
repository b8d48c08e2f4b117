/**
 * The time budget of an executor's shutdown. Pure.
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

/** The smallest share of the jobs if an agent grants less time than requested. */
const MIN_GRACE_SHARE = 0.5;

/** The longest duration of each step of a shutdown, in milliseconds. */
export interface ShutdownBudget {
  /** Between SIGTERM and SIGKILL. */
  killGraceMs: number;
  /** From SIGTERM until all jobs have ended. */
  killMs: number;
  /** For the removal of files. */
  cleanMs: number;
  /** For the acknowledgement of updates. */
  drainMs: number;
  /** For stopping the driver, including `drainMs`. */
  leaveMs: number;
}

/** Divides the grace period of an executor into that of the jobs and a tail. */
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
