/**
 * The error class of user scripts.
 *
 * @module
 */

/** Options of {@linkcode UserScriptError}. */
export interface UserScriptErrorOptions extends ErrorOptions {
  /** The path or URL that the error is about. */
  path: string;
  /** Whether a retry may succeed. @default {false} */
  retryable?: boolean;
}

/** A user script can't be packaged, stored, fetched or unpacked. */
export class UserScriptError extends Error {
  /** The class name. */
  override readonly name = "UserScriptError";
  /** The path or URL that the error is about. */
  readonly path: string;
  /** Whether a retry may succeed. */
  readonly retryable: boolean;

  /**
   * Creates an error.
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

/**
 * Converts an error to a {@linkcode UserScriptError}, wrapped into `Cannot <action>: …` if needed.
 */
export function asUserScriptError(
  error: unknown,
  { action, path }: { action: string; path: string },
): UserScriptError {
  if (error instanceof UserScriptError) return error;
  return new UserScriptError(`Cannot ${action}: ${reasonOf(error)}`, { path, cause: error });
}

/** The message of any thrown value. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
