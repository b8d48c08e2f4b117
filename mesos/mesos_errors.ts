/**
 * What can go wrong between this project and a Mesos, as classes that callers can tell apart.
 *
 * Each says by `retryable` whether the same thing may succeed later.
 *
 * @module
 */

/** A byte stream that is not RecordIO. The stream can't be read any further. */
export class RecordIoError extends SyntaxError {
  /** The name of this class. */
  override readonly name = "RecordIoError";
  /** A new subscription may give a sound stream. */
  readonly retryable = true;
  /** How many bytes of the stream had been read before the offending record. */
  readonly offset: number;

  /**
   * An error at a place of the stream.
   *
   * @param message What was found.
   * @param offset Bytes of the stream before the offending record.
   */
  constructor(message: string, offset: number) {
    super(`Cannot read RecordIO at byte ${offset}: ${message}`);
    this.offset = offset;
  }
}

/** Bytes that are not the message they should be. */
export class MessageDecodeError extends SyntaxError {
  /** The name of this class. */
  override readonly name = "MessageDecodeError";
  /** The same bytes will not decode later. */
  readonly retryable = false;

  /**
   * An error of the codec.
   *
   * @param messageType The type expected, such as `scheduler.Event`.
   * @param reason What was found.
   * @param options `cause`: the codec's own error.
   */
  constructor(messageType: string, reason: string, options?: ErrorOptions) {
    super(`Cannot decode ${messageType}: ${reason}`, options);
  }
}

/** An HTTP answer other than the expected one. */
export class MesosHttpError extends Error {
  /** The name of this class. */
  override readonly name = "MesosHttpError";
  /** The HTTP status. */
  readonly status: number;
  /** Whom we asked. */
  readonly url: string;
  /** The first bytes of what it said. */
  readonly body: string;

  /**
   * An answer that is an error.
   *
   * @param call What was asked, such as `SUBSCRIBE`.
   * @param answer The URL asked, its status and the beginning of the body.
   */
  constructor(call: string, answer: { url: string; status: number; body: string }) {
    // One line for each attempt, whatever page a server shows.
    const said = answer.body.trim().replaceAll(/\s+/g, " ");
    super(`Cannot ${call} at ${answer.url}: HTTP ${answer.status}${said ? ` ${said}` : ""}`);
    this.status = answer.status;
    this.url = answer.url;
    this.body = answer.body;
  }

  /** Server trouble and overload pass; a refusal of the call itself does not. */
  get retryable(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }

  /** The credential was refused: asking again is of no use. */
  get unauthorized(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** The connection could not be made, broke, or fell silent. */
export class MesosConnectionError extends Error {
  /** The name of this class. */
  override readonly name = "MesosConnectionError";
  /** Networks recover. */
  readonly retryable = true;
}

/** The master has ended the subscription for good; the framework may or may not still exist. */
export class SubscriptionLostError extends Error {
  /** The name of this class. */
  override readonly name: string = "SubscriptionLostError";
  /** The same subscription would meet the same end. */
  readonly retryable = false;
}

/** The framework was removed: its tasks are gone, and its id can't be used again. */
export class FrameworkRemovedError extends SubscriptionLostError {
  /** The name of this class. */
  override readonly name = "FrameworkRemovedError";
}

/** Another scheduler has taken the framework over. */
export class FrameworkFailedOverError extends SubscriptionLostError {
  /** The name of this class. */
  override readonly name = "FrameworkFailedOverError";
}
