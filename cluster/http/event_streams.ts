/**
 * The event streams of a server, by their ids.
 *
 * @module
 */

import { JSON_TYPE, type MediaType } from "../../mesos/wire/codec.ts";
import { EventStream } from "./event_stream.ts";

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

  open(mediaType: MediaType = JSON_TYPE): { streamId: string; body: ReadableStream<Uint8Array> } {
    const streamId = crypto.randomUUID();
    const onLost = () => {
      this.#open.delete(streamId);
      this.#options.onLost(streamId);
    };
    const stream = new EventStream({ onLost });
    this.#open.set(streamId, { stream, mediaType });
    return { streamId, body: stream.body };
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
