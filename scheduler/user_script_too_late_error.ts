/**
 * The error of a user script that comes after jobs that it was meant for.
 *
 * @module
 */

/** The user script can't be set any more. */
export class UserScriptTooLateError extends Error {
  /** The name of this class. */
  override readonly name = "UserScriptTooLateError";
  /** It stays too late. */
  readonly retryable = false;

  /** Describes the refusal. */
  constructor() {
    super(
      "Cannot set the user script: jobs were issued already; set it before the first job, or " +
        "start the scheduler with --user-script",
    );
  }
}
