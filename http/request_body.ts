/**
 * The body of a request, read as it is wanted.
 *
 * @module
 */

import { concatenated } from "../support/bytes.ts";
import { reasonOf } from "../support/reason.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { IdleTimer } from "./idle_timer.ts";
import { readBody } from "./message_reader.ts";
import type { RequestHead } from "./request_head.ts";

/** How long a client may take to send the rest of what was not wanted. */
export const DRAIN_TIMEOUT_MS = 10_000;

/** How much that was not wanted is taken all the same: a client that is still sending would miss
 * the answer. */
export const MAX_DRAINED_BYTES: number = 64 * 1024 * 1024;

/** How long a client may send nothing of a body that is read. */
const BODY_TIMEOUT_MS = 60_000;

/** A body is malformed, or ends too early. */
export class RequestBodyError extends Error {
  /** The name of this class. */
  override readonly name = "RequestBodyError";
  /** The client has to send it whole. */
  readonly retryable = false;
}

/** What a request body needs of its connection. */
export interface RequestBodyContext {
  /** Notices a client that sends nothing. */
  readonly idle: IdleTimer;
  /** Asks a waiting client for the body. */
  readonly askForIt: () => Promise<void>;
  /** Called once, when nothing more belongs to the request. */
  readonly ended: () => void;
}

/** The body of a request, read as it is wanted. */
export class RequestBody {
  readonly #context: RequestBodyContext;
  readonly #chunks: AsyncGenerator<Uint8Array<ArrayBuffer>>;
  #isAwaited: boolean;
  #hasEnded = false;
  #isBroken = false;

  /** A body of which nothing is read yet. */
  constructor(reader: ByteReader, head: RequestHead, context: RequestBodyContext) {
    this.#context = context;
    this.#chunks = readBody(reader, head.framing);
    this.#isAwaited = head.expectsContinue && head.framing !== 0;
    if (head.framing === 0) this.#end();
  }

  /** Whether it has no end that could be found: what follows is no request. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The body for a reader of streams; undefined without one. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
    if (this.#hasEnded) return undefined;
    return new ReadableStream({
      pull: async (controller) => {
        const bytes = await this.#next();
        if (bytes) controller.enqueue(bytes);
        else controller.close();
      },
    }, { highWaterMark: 0 });
  }

  /**
   * All of the body; undefined as soon as it is longer than that.
   *
   * @throws {RequestBodyError} when it is malformed, or ends too early.
   */
  async bytes(maxBytes: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let left = maxBytes;
    while (!this.#hasEnded) {
      const part = await this.#next();
      left -= part?.length ?? 0;
      if (left < 0) return undefined;
      if (part) parts.push(part);
    }
    const [only] = parts;
    return only && parts.length === 1 ? only : concatenated(parts);
  }

  /** Takes what was not read; resolves to whether that was all of it. */
  async drain(): Promise<boolean> {
    // A client that waits to be asked for the body sends it, or another request: we can't know.
    if (this.#isAwaited) return false;
    this.#context.idle.watch(DRAIN_TIMEOUT_MS);
    for (let left = MAX_DRAINED_BYTES; left >= 0 && !this.#hasEnded;) {
      const { value } = await this.#chunks.next();
      if (value) left -= value.length;
      else this.#end();
    }
    return this.#hasEnded;
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#isAwaited) {
      this.#isAwaited = false;
      await this.#context.askForIt();
    }
    this.#context.idle.watch(BODY_TIMEOUT_MS);
    const { value } = await this.#chunks.next().catch((cause) => {
      this.#isBroken = true;
      throw new RequestBodyError(reasonOf(cause), { cause });
    });
    this.#context.idle.stop();
    if (!value) this.#end();
    return value ?? undefined;
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#context.ended();
  }
}
