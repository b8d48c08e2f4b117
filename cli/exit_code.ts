/**
 * What the exit codes of this program mean.
 *
 * @module
 */

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
  /** Interrupted: jobs were killed, the framework was removed. */
  INTERRUPTED: 130,
} as const;
