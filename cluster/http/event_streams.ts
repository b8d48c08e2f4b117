/**
 * The event streams of a server, by their ids.
 *
 * @module
 */

import type { BodyStream } from "../../http/request_handler.ts";
import { JSON_TYPE, type MediaType } from "../../mesos/wire/codec.ts";
import { concatenated } from "../../support/bytes.ts";

/** A reader that is further behind is disconnected, which bounds the memory in use. */
export const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

export interface EventStreamOptions {
  /** Called once when the reader disconnected or was cut off; not after `close`. */
  onLost: () => void;
  /** How far the reader may be behind, in bytes. @default {MAX_UNREAD_BYTES} */
  maxUnreadBytes?: number;
}

/** The body of a streaming answer. What is sent in one turn goes in one write. */
export class EventStream implements BodyStream {
  readonly #options: Required<EventStreamOptions>;
  #isOpen = true;
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #wake = () => {};
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor({ onLost, maxUnreadBytes = MAX_UNREAD_BYTES }: EventStreamOptions) {
    this.#options = { onLost, maxUnreadBytes };
  }

  async next(): Promise<Uint8Array | undefined> {
    if (this.#isOpen && this.#unread.length === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const { maxUnreadBytes } = this.#options;
    if (this.#unreadBytes >= maxUnreadBytes) throw new Error("the reader does not read");
    const records = this.#unread;
    this.#unread = [];
    this.#unreadBytes = 0;
    return records.length > 0 ? concatenated(records) : undefined;
  }

  cancel(): void {
    if (!this.#end()) return;
    this.#unread = [];
    this.#options.onLost();
  }

  /** Sends a record; does nothing on a stream that has ended. */
  send(record: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#unread.push(record);
    this.#unreadBytes += record.length;
    if (this.#unreadBytes < this.#options.maxUnreadBytes) this.#wake();
    else this.cancel();
  }

  startHeartbeats(record: Uint8Array, intervalMs: number): void {
    clearInterval(this.#heartbeat);
    if (this.#isOpen) this.#heartbeat = setInterval(() => this.send(record), intervalMs);
  }

  /** Ends it after what was sent. */
  close(): void {
    this.#end();
  }

  #end(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    clearInterval(this.#heartbeat);
    this.#wake();
    return wasOpen;
  }
}

export interface EventStreamsOptions<Event> {
  encode: (event: Event, mediaType: MediaType) => Uint8Array;
  onLost: (streamId: string) => void;
}

export class EventStreams<Event> {
  readonly #options: EventStreamsOptions<Event>;
  readonly #open = new Map<string, { stream: EventStream; mediaType: MediaType }>();

  constructor(options: EventStreamsOptions<Event>) {
    this.#options = options;
  }

  open(mediaType: MediaType = JSON_TYPE): { streamId: string; body: BodyStream } {
    const streamId = crypto.randomUUID();
    const onLost = () => {
      this.#open.delete(streamId);
      this.#options.onLost(streamId);
    };
    const stream = new EventStream({ onLost });
    this.#open.set(streamId, { stream, mediaType });
    return { streamId, body: stream };
  }

  has(streamId: string): boolean {
    return this.#open.has(streamId);
  }

  send(streamId: string, event: Event): void {
    const open = this.#open.get(streamId);
    open?.stream.send(this.#options.encode(event, open.mediaType));
  }

  /** Sends an event after every interval for as long as the stream is open. */
  startHeartbeats(streamId: string, event: Event, intervalMs: number): void {
    const open = this.#open.get(streamId);
    open?.stream.startHeartbeats(this.#options.encode(event, open.mediaType), intervalMs);
  }

  close(streamId: string): void {
    this.#open.get(streamId)?.stream.close();
    this.#open.delete(streamId);
  }

  closeAll(): void {
    for (const streamId of [...this.#open.keys()]) this.close(streamId);
  }
}
