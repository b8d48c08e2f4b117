/**
 * The failure to write results, apart from what writes them: every command knows the error.
 *
 * @module
 */

/** Results can't be written. */
export class ResultWriteError extends Error {
  /** The name of this class. */
  override readonly name = "ResultWriteError";
  /** Somebody has to make room, or to listen again, first. */
  readonly retryable = false;
}
