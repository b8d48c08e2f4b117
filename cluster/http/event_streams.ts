/**
 * The event streams of a server, by their ids.
 *
 * @module
 */

import type { Codec, MediaType } from "../../mesos/wire/codec.ts";
import { encodeEvent, type EventType } from "./event_encoding.ts";
import { EventStream } from "./event_stream.ts";

export interface EventStreamsOptions<Event> {
  codec: Codec<Event>;
  type: EventType;
  heartbeat: Event;
  onLost: (streamId: string) => void;
}

interface OpenStream {
  stream: EventStream;
  mediaType: MediaType;
}

/** Streams of one kind of event. */
export class EventStreams<Event> {
  readonly #options: EventStreamsOptions<Event>;
  readonly #open = new Map<string, OpenStream>();

  constructor(options: EventStreamsOptions<Event>) {
    this.#options = options;
  }

  /** Opens a stream and returns the body of its response. */
  open(mediaType: MediaType): { streamId: string; body: ReadableStream<Uint8Array> } {
    const streamId = crypto.randomUUID();
    const onLost = () => {
      this.#open.delete(streamId);
      this.#options.onLost(streamId);
    };
    const stream = new EventStream({ onLost });
    this.#open.set(streamId, { stream, mediaType });
    return { streamId, body: stream.body };
  }

  send(streamId: string, event: Event): void {
    const open = this.#open.get(streamId);
    open?.stream.send(this.#encode(event, open.mediaType));
  }

  /** Starts heartbeats on a stream, if it is open. */
  startHeartbeats(
    streamId: string,
    options: { intervalMs: number; immediately: boolean },
  ): void {
    const open = this.#open.get(streamId);
    const { heartbeat } = this.#options;
    open?.stream.startHeartbeats(this.#encode(heartbeat, open.mediaType), options);
  }

  close(streamId: string): void {
    this.#open.get(streamId)?.stream.close();
    this.#open.delete(streamId);
  }

  closeAll(): void {
    for (const streamId of [...this.#open.keys()]) this.close(streamId);
  }

  #encode(event: Event, mediaType: MediaType): Uint8Array {
    const { codec, type } = this.#options;
    return encodeEvent(codec, event, { type, mediaType });
  }
}
