/**
 * HTTP between a scheduler's process and the master, as the driver's transport: connections that
 * break at any time, calls that are lost or arrive twice, and answers that never come.
 *
 * @module
 */

import { type HttpAnswer, HttpConnectionError } from "../../http/http_client.ts";
import type { HttpRequest, HttpTransport } from "../../http/http_client.ts";
import { PROTOBUF, schedulerCallCodec, schedulerEventCodec } from "../../mesos/wire/codec.ts";
import type { SchedulerCall, SchedulerEvent } from "../../mesos/wire/messages.ts";
import { encodeRecord } from "../../mesos/wire/recordio.ts";
import type { CallAnswer, SimMaster, StreamSink } from "./sim_master.ts";
import type { World } from "./world.ts";

/** How long an event is on its way. */
const STREAM_MS = 2;

/** How often things go wrong on the way. */
export interface NetworkFaults {
  /** A call is lost, or its answer is. */
  lostCall: number;
  /** A call arrives twice, as through a proxy that repeats what got no answer. */
  doubledCall: number;
  /** The stream breaks, at each event. */
  brokenStream: number;
}

/** Nothing goes wrong. */
export const NO_NETWORK_FAULTS: NetworkFaults = { lostCall: 0, doubledCall: 0, brokenStream: 0 };

/** What the network works with. */
export interface NetworkParts {
  readonly world: World;
  readonly master: SimMaster;
  readonly faults: Readonly<NetworkFaults>;
  /** Whether the process at this end lives: nothing reaches a dead one. */
  readonly isAlive: () => boolean;
  /** Whether a call is held back: for planted bugs. */
  readonly drops?: (call: SchedulerCall) => boolean;
}

/** The connections of one driver. */
export class SimTransport implements HttpTransport {
  readonly #parts: NetworkParts;
  #stream: EventPipe | undefined;

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  request(url: URL, { headers = {}, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const call = schedulerCallCodec.decode(body ?? new Uint8Array(), PROTOBUF);
    return call.type === "SUBSCRIBE"
      ? this.#subscribe(url, call, signal)
      : this.#call(url, call, headers["Mesos-Stream-Id"]);
  }

  close(): Promise<void> {
    this.breakStream();
    return Promise.resolve();
  }

  /** The connection of the stream breaks; both ends notice in time. */
  breakStream(): void {
    this.#stream?.break();
  }

  #subscribe(url: URL, call: SchedulerCall, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const { world, master, isAlive } = this.#parts;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    world.after(world.chance.between(1, 10), () => {
      if (!isAlive() || signal?.aborted) return;
      world.stir();
      if (!master.isUp) return reject(new HttpConnectionError(url, "Connection refused"));
      const pipe = this.#stream = new EventPipe(this.#parts);
      pipe.streamId = master.subscribe(call, pipe);
      signal?.addEventListener("abort", () => pipe.break());
      resolve(answerOf(200, pipe.body(), { "mesos-stream-id": pipe.streamId }));
    });
    return promise;
  }

  #call(url: URL, call: SchedulerCall, streamId: string | undefined): Promise<HttpAnswer> {
    const { world, faults: { lostCall, doubledCall }, isAlive, drops } = this.#parts;
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    if (drops?.(call)) return Promise.resolve(answerOf(202, bytesOf("")));
    const isLost = world.chance.happens(lostCall);
    const arrives = !isLost || world.chance.happens(0.5);
    const arriveMs = world.chance.between(0.5, 5);
    const answer = { status: 0, body: "" } as CallAnswer & { status: number; body: string };
    if (arrives) world.after(arriveMs, () => Object.assign(answer, this.#arrive(call, streamId)));
    if (arrives && world.chance.happens(doubledCall)) {
      world.after(arriveMs + world.chance.between(0, 50), () => this.#arrive(call, streamId));
    }
    world.after(arriveMs + world.chance.between(0.5, 5), () => {
      if (!isAlive()) return;
      world.stir();
      if (isLost || answer.status === 0) reject(new HttpConnectionError(url, "connection reset"));
      else resolve(answerOf(answer.status, bytesOf(answer.body)));
    });
    return promise;
  }

  #arrive(call: SchedulerCall, streamId: string | undefined): CallAnswer | undefined {
    const { master } = this.#parts;
    return master.isUp ? master.call(call, streamId) : undefined;
  }
}

/** A stream of events on its way. */
class EventPipe implements StreamSink {
  streamId = "";
  readonly #parts: NetworkParts;
  readonly #chunks: Uint8Array[] = [];
  #isBroken = false;
  #hasEnded = false;
  #wake = () => {};

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  event(event: SchedulerEvent): void {
    if (this.#isBroken) return;
    const { world, faults } = this.#parts;
    if (world.chance.happens(faults.brokenStream)) return this.break();
    const record = encodeRecord(schedulerEventCodec.encode(event, PROTOBUF));
    this.#after(STREAM_MS, () => this.#chunks.push(record));
  }

  /** The master closes the stream, after what it has sent. */
  closed(): void {
    this.#after(STREAM_MS, () => this.#hasEnded = true);
  }

  /** The connection breaks. The master hears of it after calls that were on their way. */
  break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const { world, master } = this.#parts;
    world.after(world.chance.between(0, 30), () => master.streamLost(this.streamId));
    this.#after(STREAM_MS, () => this.#hasEnded = true);
  }

  /** What arrives. */
  async *body(): AsyncGenerator<Uint8Array> {
    while (true) {
      const chunk = this.#chunks.shift();
      if (chunk) yield chunk;
      else if (this.#hasEnded) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  #after(ms: number, act: () => void): void {
    const { world, isAlive } = this.#parts;
    world.after(ms, () => {
      if (!isAlive()) return;
      act();
      this.#wake();
      world.stir();
    });
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  if (text !== "") yield new TextEncoder().encode(text);
}

function answerOf(
  status: number,
  body: AsyncIterable<Uint8Array>,
  headers: Record<string, string> = {},
): HttpAnswer {
  return { status, statusText: "", headers, localAddress: "127.0.0.1", body };
}
