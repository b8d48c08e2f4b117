/**
 * The body of a streaming response.
 *
 * @module
 */

/** A reader that is further behind is disconnected, which bounds the memory in use. */
export const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

export interface EventStreamOptions {
  /** Called once when the reader disconnected or was cut off; not after `close`. */
  onLost: () => void;
  /** How far the reader may be behind, in bytes. @default {MAX_UNREAD_BYTES} */
  maxUnreadBytes?: number;
}

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  readonly #onLost: () => void;

  constructor({ onLost, maxUnreadBytes = MAX_UNREAD_BYTES }: EventStreamOptions) {
    this.#onLost = onLost;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#lose(),
    }, new ByteLengthQueuingStrategy({ highWaterMark: maxUnreadBytes }));
  }

  /** Sends a record; does nothing on a stream that has ended. */
  send(record: Uint8Array): void {
    const controller = this.#controller;
    if (!controller) return;
    try {
      controller.enqueue(record);
    } catch {
      // The reader has disconnected, but the event has not arrived yet.
      return this.#lose();
    }
    // The reader may also disconnect because of this record.
    if (!this.#controller || (controller.desiredSize ?? 0) > 0) return;
    controller.error(new Error("Cannot send: the reader does not read"));
    this.#lose();
  }

  startHeartbeats(record: Uint8Array, intervalMs: number): void {
    clearInterval(this.#heartbeat);
    if (this.#controller) this.#heartbeat = setInterval(() => this.send(record), intervalMs);
  }

  close(): void {
    const controller = this.#end();
    controller?.close();
  }

  #lose(): void {
    if (this.#end()) this.#onLost();
  }

  #end(): ReadableStreamDefaultController<Uint8Array> | undefined {
    clearInterval(this.#heartbeat);
    const controller = this.#controller;
    this.#controller = undefined;
    return controller;
  }
}
