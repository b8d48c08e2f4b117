/**
 * What the user has done wrong.
 *
 * @module
 */

/** Wrong usage or input: nothing was run, and the exit code is 2. */
export class UsageError extends Error {
  /** The name of this class. */
  override readonly name = "UsageError";
  /** The same input is wrong again. */
  readonly retryable = false;
}
