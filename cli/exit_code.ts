/**
 * What the exit codes of this program mean.
 *
 * @module
 */

/** What a scheduler's exit codes mean, for its users. */
export const SCHEDULER_EXIT_CODES =
  "0 every job finished with 0, 1 some job did not, 2 wrong usage or input (nothing was run), " +
  "3 Mesos can't be reached or refuses the scheduler, 130 interrupted";

/** What those of a command mean that talks to a scheduler. */
export const CLIENT_EXIT_CODES =
  "0 done, 1 the output can't be written, 2 wrong usage, or the scheduler refuses it, " +
  "3 the scheduler can't be reached";

/** Exit codes by meaning. */
export const EXIT_CODE = {
  /** Every job finished with 0. */
  OK: 0,
  /** Some job did not, or something went wrong on the way. */
  FAILED: 1,
  /** Wrong usage or input: nothing was run. */
  USAGE: 2,
  /** Mesos, or the scheduler that a command is for, can't be reached or refuses us. */
  UNAVAILABLE: 3,
  /** The reader of standard output has closed it, as a shell reports the death by SIGPIPE. */
  OUTPUT_CLOSED: 141,
  /** Interrupted: jobs were killed, the framework was removed. */
  INTERRUPTED: 130,
} as const;
