/**
 * How a job ended, in Toil's words.
 *
 * @see toil.batchSystems.abstractBatchSystem.BatchJobExitReason
 * @module
 */

/** Reasons by name, with Toil's numbers. */
export const BATCH_JOB_EXIT_REASONS = {
  /** Exit status 0. */
  FINISHED: 1,
  /** Another exit status, or a signal that nobody here sent. */
  FAILED: 2,
  /** The node, the agent or the executor went away: the job may have run in part. */
  LOST: 3,
  /** Killed on request. */
  KILLED: 4,
  /** The job could not be run as described. */
  ERROR: 5,
  /** Used more memory than it may. */
  MEMLIMIT: 6,
  /** Vanished without a trace. */
  MISSING: 7,
  /** Ran for longer than it may. */
  MAXJOBDURATION: 8,
  /** Could not talk to its leader. */
  PARTITION: 9,
} as const;

/** One of the reasons. */
export type BatchJobExitReason = keyof typeof BATCH_JOB_EXIT_REASONS;

/** The exit status of a job whose own is not known. */
export const EXIT_STATUS_UNAVAILABLE_VALUE = 255;
