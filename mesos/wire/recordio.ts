/**
 * RecordIO, the framing of Mesos' event streams: a record is its length in decimal digits, a
 * newline, and that many bytes. Pure; records may span chunks of the stream.
 *
 * ```text
 *            digit             "\n"                 length bytes
 *  HEADER ──────────► HEADER ────────► BODY ──────────────────────► HEADER
 *     └─ anything else, too many digits, too large ─► FAILED (for good)
 * ```
 *
 * @see docs/recordio.md in the Mesos documentation
 * @module
 */

import { concatenated } from "../../support/bytes.ts";
import { RecordIoError } from "../mesos_errors.ts";

/** The longest header of a 64-bit length. */
const MAX_HEADER_DIGITS = 20;

/** Far above any event a master sends, and far below what would exhaust memory. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

const NEWLINE = 0x0a;
const DIGIT_ZERO = 0x30;
const DIGIT_NINE = 0x39;

/** Options of {@linkcode RecordIoDecoder}. */
export interface RecordIoDecoderOptions {
  /** Records larger than this many bytes are refused. @default {MAX_RECORD_BYTES} */
  maxRecordBytes?: number;
}

/** Splits a byte stream into records. After a failure, every call fails. */
export class RecordIoDecoder {
  readonly #maxRecordBytes: number;
  #digits = "";
  #body: Uint8Array | undefined;
  #bodyFilled = 0;
  #recordOffset = 0;
  #offset = 0;
  #failure: RecordIoError | undefined;

  /**
   * Creates a decoder at the beginning of a stream.
   *
   * @param options The size limit.
   */
  constructor(options: RecordIoDecoderOptions = {}) {
    this.#maxRecordBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
  }

  /**
   * Consumes the next chunk and returns the records that it completes, in order. Records complete
   * before an offending byte of the same chunk are returned; the next call throws.
   *
   * @throws {RecordIoError} when the stream is not RecordIO, now and on every later call.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    if (this.#failure) throw this.#failure;
    const records: Uint8Array[] = [];
    let position = 0;
    try {
      while (position < chunk.length) {
        position += this.#body
          ? this.#takeBody(this.#body, chunk.subarray(position), records)
          : this.#takeHeaderByte(chunk[position] ?? NEWLINE, records);
      }
    } catch (error) {
      if (error !== this.#failure || records.length === 0) throw error;
    }
    return records;
  }

  /**
   * Signals the end of the stream.
   *
   * @throws {RecordIoError} when the stream ended within a record or failed before.
   */
  end(): void {
    if (this.#failure) throw this.#failure;
    if (this.#body || this.#digits) throw this.#error("the stream ended within a record");
  }

  /** Records the failure. */
  #error(message: string): RecordIoError {
    this.#failure = new RecordIoError(message, this.#recordOffset);
    return this.#failure;
  }

  #takeHeaderByte(byte: number, records: Uint8Array[]): 1 {
    this.#offset++;
    if (byte === NEWLINE) {
      this.#startBody(records);
    } else if (byte < DIGIT_ZERO || byte > DIGIT_NINE) {
      throw this.#error(`expected a digit of the length, got byte 0x${byte.toString(16)}`);
    } else if (this.#digits.length === MAX_HEADER_DIGITS) {
      throw this.#error(`the length has more than ${MAX_HEADER_DIGITS} digits`);
    } else {
      this.#digits += String.fromCharCode(byte);
    }
    return 1;
  }

  #startBody(records: Uint8Array[]): void {
    if (this.#digits === "") throw this.#error("the length is empty");
    const length = Number(this.#digits);
    if (length > this.#maxRecordBytes) {
      throw this.#error(
        `a record of ${this.#digits} bytes exceeds the limit of ${this.#maxRecordBytes}`,
      );
    }
    this.#digits = "";
    if (length === 0) this.#finish(new Uint8Array(0), records);
    else this.#body = new Uint8Array(length);
  }

  /** Returns how many bytes of the chunk belong to the body. */
  #takeBody(body: Uint8Array, chunk: Uint8Array, records: Uint8Array[]): number {
    const taken = Math.min(body.length - this.#bodyFilled, chunk.length);
    body.set(chunk.subarray(0, taken), this.#bodyFilled);
    this.#bodyFilled += taken;
    this.#offset += taken;
    if (this.#bodyFilled === body.length) this.#finish(body, records);
    return taken;
  }

  #finish(record: Uint8Array, records: Uint8Array[]): void {
    records.push(record);
    this.#body = undefined;
    this.#bodyFilled = 0;
    this.#recordOffset = this.#offset;
  }
}

/** Encodes one record. */
export function encodeRecord(record: Uint8Array): Uint8Array {
  return concatenated([new TextEncoder().encode(`${record.length}\n`), record]);
}
