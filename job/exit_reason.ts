/**
 * Toil's reasons for the end of a job.
 *
 * @see toil.batchSystems.abstractBatchSystem.BatchJobExitReason
 * @module
 */

/** Reasons by name, with Toil's numbers. */
export const BATCH_JOB_EXIT_REASONS = {
  /** Exit status 0. */
  FINISHED: 1,
  /** Another exit status, or a signal from elsewhere. */
  FAILED: 2,
  /** The node, the agent or the executor was lost; the job may have run in part. */
  LOST: 3,
  /** Killed on request. */
  KILLED: 4,
  /** The job could not be run as described. */
  ERROR: 5,
  /** Exceeded its memory limit. */
  MEMLIMIT: 6,
  /** Vanished without a trace. */
  MISSING: 7,
  /** Exceeded its time limit. */
  MAXJOBDURATION: 8,
  /** Could not talk to its leader. */
  PARTITION: 9,
} as const;

/** One of the reasons. */
export type BatchJobExitReason = keyof typeof BATCH_JOB_EXIT_REASONS;

/** Whether a value is the name of a reason. */
export function isExitReason(value: unknown): value is BatchJobExitReason {
  return typeof value === "string" && Object.hasOwn(BATCH_JOB_EXIT_REASONS, value);
}

/** The exit status of a job if its own is unknown. */
export const EXIT_STATUS_UNAVAILABLE_VALUE = 255;
