/**
 * Error classes of the Mesos API.
 *
 * `retryable` of each says whether the same operation may succeed later.
 *
 * @module
 */

/** A byte stream is not RecordIO and can't be read further. */
export class RecordIoError extends SyntaxError {
  /** The class name. */
  override readonly name = "RecordIoError";
  /** A new subscription may give a valid stream. */
  readonly retryable = true;
  /** How many bytes of the stream had been read before the offending record. */
  readonly offset: number;

  /**
   * Creates an error at an offset of the stream.
   *
   * @param message The problem.
   * @param offset Bytes of the stream before the offending record.
   */
  constructor(message: string, offset: number) {
    super(`Cannot read RecordIO at byte ${offset}: ${message}`);
    this.offset = offset;
  }
}

/** Bytes can't be decoded as the expected message. */
export class MessageDecodeError extends SyntaxError {
  /** The class name. */
  override readonly name = "MessageDecodeError";
  /** The same bytes will not decode later. */
  readonly retryable = false;

  /**
   * Creates an error of the codec.
   *
   * @param messageType The type expected, such as `scheduler.Event`.
   * @param reason The problem.
   * @param options `cause`: the codec's own error.
   */
  constructor(messageType: string, reason: string, options?: ErrorOptions) {
    super(`Cannot decode ${messageType}: ${reason}`, options);
  }
}

/** A server answered with an unexpected HTTP status. */
export class MesosHttpError extends Error {
  /** The class name. */
  override readonly name = "MesosHttpError";
  /** The HTTP status. */
  readonly status: number;
  /** The URL of the request. */
  readonly url: string;
  /** The beginning of the response body. */
  readonly body: string;

  /**
   * Creates an error from a response.
   *
   * @param call The call, such as `SUBSCRIBE`.
   * @param answer The URL of the request, and status and beginning of the response body.
   */
  constructor(call: string, answer: { url: string; status: number; body: string }) {
    // One line per attempt, even if a server answers with a page.
    const said = answer.body.trim().replaceAll(/\s+/g, " ");
    super(`Cannot ${call} at ${answer.url}: HTTP ${answer.status}${said ? ` ${said}` : ""}`);
    this.status = answer.status;
    this.url = answer.url;
    this.body = answer.body;
  }

  /** Server errors and overload are temporary; a refusal of the call itself is not. */
  get retryable(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }

  /** Whether the credential was refused, so that a retry is useless. */
  get unauthorized(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** A connection could not be opened, broke, or fell silent. */
export class MesosConnectionError extends Error {
  /** The class name. */
  override readonly name = "MesosConnectionError";
  /** Network failures are temporary. */
  readonly retryable = true;
}

/** The master ended the subscription for good; the framework may or may not still exist. */
export class SubscriptionLostError extends Error {
  /** The class name. */
  override readonly name: string = "SubscriptionLostError";
  /** The same subscription would be ended again. */
  readonly retryable = false;
}

/** The framework was removed: its tasks were killed, and its id can't be used again. */
export class FrameworkRemovedError extends SubscriptionLostError {
  /** The class name. */
  override readonly name = "FrameworkRemovedError";
}

/** Another scheduler took over the framework. */
export class FrameworkFailedOverError extends SubscriptionLostError {
  /** The class name. */
  override readonly name = "FrameworkFailedOverError";
}
