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

/**
 * The latest end of each step of a shutdown, in milliseconds since its start: a step leaves the
 * time that it does not need to the next one. Without tasks, an agent that enforces limits of cpu
 * gives the executor so little that the clean-up takes seconds.
 */
export interface ShutdownBudget {
  /** Between SIGTERM and SIGKILL. */
  killGraceMs: number;
  /** Until all jobs have ended. */
  killedByMs: number;
  /** Until files are removed. */
  cleanedByMs: number;
  /** Until the driver has stopped. */
  leftByMs: number;
  /** The longest duration of the acknowledgement of updates, a part of stopping the driver. */
  drainMs: number;
}

/** Divides the grace period of an executor into that of the jobs and a tail. */
export function shutdownBudget(gracePeriodMs: number): ShutdownBudget {
  const tailMs = Math.min(EXECUTOR_TAIL_MS, gracePeriodMs * (1 - MIN_GRACE_SHARE));
  const killGraceMs = gracePeriodMs - tailMs;
  return {
    killGraceMs,
    killedByMs: killGraceMs + tailMs * 0.2,
    cleanedByMs: killGraceMs + tailMs * 0.5,
    leftByMs: killGraceMs + tailMs * 0.9,
    drainMs: tailMs * 0.3,
  };
}
