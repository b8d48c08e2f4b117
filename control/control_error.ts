/**
 * What a request is refused with.
 *
 * @module
 */

/** A refusal, with the HTTP status that says the same. */
export class ControlError extends Error {
  /** The name of this class. */
  override readonly name = "ControlError";
  /** For programs: `invalid`, `notFound` … */
  readonly code: string;
  /** Of HTTP. */
  readonly status: number;
  /** The field of the request that is wrong. */
  readonly field: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;

  /**
   * A refusal.
   *
   * @param status Of HTTP.
   * @param code For programs.
   * @param options What to say, and which field it is about.
   */
  constructor(
    status: number,
    code: string,
    { message, field, cause }: { message: string; field?: string | undefined; cause?: unknown },
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.status = status;
    this.code = code;
    this.field = field;
    this.retryable = status === 503;
  }
}

/** 400: the request is wrong. */
export function invalid(message: string, field?: string): ControlError {
  return new ControlError(400, "invalid", { message, field });
}

/** 404: the thing is not known. */
export function notFound(message: string, field?: string): ControlError {
  return new ControlError(404, "notFound", { message, field });
}

/** 409: the state of the scheduler does not allow it. */
export function conflict(message: string, field?: string): ControlError {
  return new ControlError(409, "conflict", { message, field });
}
