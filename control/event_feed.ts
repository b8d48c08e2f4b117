/**
 * What happens, for clients that listen: the last events are kept, and each client reads them at
 * its own pace. One that falls too far behind has a gap and hears of it.
 *
 * @module
 */

import type { BatchSystemEvent } from "../scheduler/core/events.ts";
import type { MessageBus } from "../scheduler/message_bus.ts";

/** How many events are kept for clients that have not read them. */
export const MAX_KEPT_EVENTS = 10_000;

/** Events in one write. */
const EVENTS_PER_WRITE = 200;

/** A client hears something at least this often, so that broken connections are noticed. */
const HEARTBEAT_MS = 15_000;

/** How long a client waits before it connects again. */
const RETRY_MS = 1_000;

interface KeptEvent {
  readonly number: number;
  readonly atMs: number;
  readonly event: BatchSystemEvent;
}

/** Keeps events and sends them. */
export class EventFeed {
  /** Distinguishes the events of this process from those of others. */
  readonly #epoch = crypto.randomUUID().slice(0, 8);
  readonly #kept: KeptEvent[] = [];
  readonly #unsubscribe: () => void;
  readonly #now: () => number;
  #next = 1;
  /** Resolved by the next event; absent while no client waits for one. */
  #wake: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  /**
   * Keeps what is said on a bus from now on.
   *
   * @param bus Who says what happens.
   * @param now Milliseconds since the Unix epoch.
   */
  constructor(bus: MessageBus, now: () => number) {
    this.#now = now;
    this.#unsubscribe = bus.subscribe((event) => this.#keep(event));
  }

  /** Ends all streams. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#wake?.resolve();
  }

  /**
   * The events as a stream of server-sent ones.
   *
   * @param lastEventId What the client has seen; undefined: only what comes from now on.
   */
  stream(lastEventId: string | undefined): ReadableStream<Uint8Array<ArrayBuffer>> {
    const start = this.#startAfter(lastEventId);
    let number = start.number;
    let pending = `retry: ${RETRY_MS}\n\n${start.missed ? this.#reset(number) : ""}`;
    const encoder = new TextEncoder();
    let timer: ReturnType<typeof setTimeout> | undefined;
    return new ReadableStream({
      pull: async (controller) => {
        while (true) {
          const read = this.#read(number);
          number = read.number;
          pending += read.text;
          if (pending !== "") break;
          if (this.#isClosed) return controller.close();
          const heartbeat = Promise.withResolvers<string>();
          timer = setTimeout(() => heartbeat.resolve(": nothing new\n\n"), HEARTBEAT_MS);
          this.#wake ??= Promise.withResolvers<void>();
          pending = await Promise.race([this.#wake.promise.then(() => ""), heartbeat.promise]);
          clearTimeout(timer);
        }
        controller.enqueue(encoder.encode(pending));
        pending = "";
      },
      cancel: () => clearTimeout(timer),
    }, { highWaterMark: 0 });
  }

  #keep(event: BatchSystemEvent): void {
    // As text only for those who listen: a million jobs are issued within seconds.
    this.#kept.push({ number: this.#next++, atMs: this.#now(), event });
    // Cut rarely: each cut moves all that is kept.
    if (this.#kept.length >= 2 * MAX_KEPT_EVENTS) this.#kept.splice(0, MAX_KEPT_EVENTS);
    this.#wake?.resolve();
    this.#wake = undefined;
  }

  #startAfter(lastEventId: string | undefined): { number: number; missed: boolean } {
    if (lastEventId === undefined) return { number: this.#next, missed: false };
    const [, epoch, text] = /^([0-9a-f]+)-(\d+)$/.exec(lastEventId) ?? [];
    const number = Number(text) + 1;
    const isKnown = epoch === this.#epoch && number <= this.#next;
    return isKnown ? { number, missed: false } : { number: this.#next, missed: true };
  }

  /** The next events from this number on, and the number after them. */
  #read(number: number): { number: number; text: string } {
    const first = this.#kept[0]?.number ?? this.#next;
    if (number < first) return { number: this.#next, text: this.#reset(this.#next) };
    const events = this.#kept.slice(number - first, number - first + EVENTS_PER_WRITE);
    return {
      number: number + events.length,
      text: events.map((event) => this.#textOf(event)).join(""),
    };
  }

  #textOf({ number, atMs, event }: KeptEvent): string {
    const data = JSON.stringify({ atMs, ...event });
    return `id: ${this.#epoch}-${number}\nevent: ${event.type}\ndata: ${data}\n\n`;
  }

  /** Tells a client that it has missed events and must fetch the whole state again. */
  #reset(number: number): string {
    return `id: ${this.#epoch}-${number - 1}\nevent: reset\ndata: {}\n\n`;
  }
}
