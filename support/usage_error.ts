/**
 * The error of wrong usage.
 *
 * @module
 */

/** Usage or input is invalid: nothing was run, and the exit code is 2. */
export class UsageError extends Error {
  /** The name of this class. */
  override readonly name = "UsageError";
  /** The same input stays invalid. */
  readonly retryable = false;
}
