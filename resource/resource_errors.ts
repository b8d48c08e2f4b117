/**
 * The error of this folder.
 *
 * @module
 */

/** What a {@linkcode UserScriptError} carries beside its text. */
export interface UserScriptErrorOptions extends ErrorOptions {
  /** The path or URL that the error is about. */
  path: string;
  /** Whether the same again may succeed later. @default {false} */
  retryable?: boolean;
}

/** A user script can't be packaged, stored, fetched or unpacked. */
export class UserScriptError extends Error {
  /** The name of this class. */
  override readonly name = "UserScriptError";
  /** The path or URL that the error is about. */
  readonly path: string;
  /** Whether the same again may succeed later. */
  readonly retryable: boolean;

  /**
   * Describes what can't be done, with what, and why.
   *
   * @param message `Cannot <verb> <thing>: <state>`.
   * @param options Path, retryability, cause.
   */
  constructor(message: string, { path, retryable = false, ...options }: UserScriptErrorOptions) {
    super(message, options);
    this.path = path;
    this.retryable = retryable;
  }
}

/** The error as one of ours: itself, or wrapped into `Cannot <action>: …`. */
export function asUserScriptError(
  error: unknown,
  { action, path }: { action: string; path: string },
): UserScriptError {
  if (error instanceof UserScriptError) return error;
  return new UserScriptError(`Cannot ${action}: ${reasonOf(error)}`, { path, cause: error });
}

/** The text of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
