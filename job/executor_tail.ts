/**
 * How long an executor may run after the grace period of its jobs. Pure.
 *
 * @module
 */

/** From the SIGKILL of the last job to the end of the executor: it cleans up and reports. */
export const EXECUTOR_TAIL_MS = 10_000;
