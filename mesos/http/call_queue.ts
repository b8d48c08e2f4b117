/**
 * Sends calls. A server handles requests of different connections in any order, so the only way to
 * preserve an order is to wait for each answer before the next request.
 *
 * ```text
 *  main order:  urgent calls in order ──► then the others in order ──► one at a time
 *  side lanes:  each in order ─────────► several lanes at a time
 * ```
 *
 * @module
 */

import { beginningOf, type HttpTransport } from "../../http/http_client.ts";
import { MesosConnectionError } from "../mesos_errors.ts";
import { type Codec, PROTOBUF } from "../wire/codec.ts";
import { Fifo } from "./fifo.ts";
import { ANSWER_TIMEOUT_MS, refusal } from "./subscription.ts";
import { asError } from "../../support/reason.ts";

/** The bound of pending calls; beyond it, the server no longer accepts them. */
export const MAX_PENDING_CALLS = 100_000;

/** HTTP's Content Too Large. */
const TOO_LARGE = 413;

/** While more calls are pending, a reader whose input causes calls should wait. */
export const MANY_PENDING_CALLS = 1_000;

/** How many side lanes are served at a time. */
const MAX_SIDE_CALLS = 7;

/** Options of a {@linkcode CallQueue}, which lasts as long as one subscription. */
export interface CallQueueOptions<Call> {
  /** Sends the requests. */
  client: HttpTransport;
  /** The API endpoint of the subscription. */
  url: URL;
  /** Encodes the calls. */
  codec: Codec<Call>;
  /** Authorization and stream id. */
  headers: Readonly<Record<string, string>>;
  /** Ends the queue: unsent calls are dropped; sent ones are still answered. */
  signal: AbortSignal;
  /** Merges a later call into an earlier unsent one; returns false if it can't. */
  merge?: ((earlier: Call, later: Call) => boolean) | undefined;
  /** Called with each call that was refused for its size: it had no effect, and the queue
   * continues. */
  onTooLarge?: ((call: Call) => void) | undefined;
  /** Called once, with the error of the first call that was not accepted; the queue has ended. */
  onFailure: (error: Error) => void;
}

/** The place of a call in the queue. */
export interface CallPlace {
  /** A side lane of this name; undefined: the main order. */
  lane?: string | undefined;
  /** Whether calls of the main order that come later may be sent first. @default {false} */
  yields?: boolean;
}

interface PendingCall<Call> {
  readonly call: Call;
  readonly promise: Promise<boolean>;
  readonly settle: (isAccepted: boolean) => void;
}

/** Calls in order, of which one may be in flight. */
class Lane<Call> {
  readonly calls = new Fifo<PendingCall<Call>>();
  readonly yielding = new Fifo<PendingCall<Call>>();
  isBusy = false;

  next(): PendingCall<Call> | undefined {
    return this.calls.shift() ?? this.yielding.shift();
  }
}

/** Sends calls to a server in order. */
export class CallQueue<Call extends { type?: string | undefined }> {
  readonly #options: CallQueueOptions<Call>;
  readonly #main = new Lane<Call>();
  readonly #side = new Map<string, Lane<Call>>();
  /** Names of side lanes that have a call to send. */
  readonly #ready = new Fifo<string>();
  #sideCalls = 0;
  #pending = 0;
  #ended = false;
  #room: PromiseWithResolvers<void> | undefined;

  /**
   * Creates an empty queue.
   *
   * @param options How the calls are sent.
   */
  constructor(options: CallQueueOptions<Call>) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#openRoom(), { once: true });
  }

  /** Enqueues a call; resolves to whether it was accepted. */
  send(call: Call, { lane, yields = false }: CallPlace = {}): Promise<boolean> {
    if (this.#pending >= MAX_PENDING_CALLS) {
      this.#fail(new MesosConnectionError(`Cannot send: ${MAX_PENDING_CALLS} calls are pending`));
    }
    if (this.#ended) return Promise.resolve(false);
    const { last } = this.#main.yielding;
    if (yields && last && this.#options.merge?.(last.call, call)) return last.promise;
    const { promise, resolve: settle } = Promise.withResolvers<boolean>();
    this.#pending++;
    if (lane === undefined) {
      (yields ? this.#main.yielding : this.#main.calls).push({ call, promise, settle });
      this.#sendMain();
    } else {
      this.#sideLane(lane).calls.push({ call, promise, settle });
      this.#sendSide();
    }
    return promise;
  }

  /** Resolves when few calls are pending, or the queue has ended. */
  async room(): Promise<void> {
    while (this.#pending > MANY_PENDING_CALLS && !this.#ended && !this.#options.signal.aborted) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  #sideLane(name: string): Lane<Call> {
    const known = this.#side.get(name);
    if (known) return known;
    const lane = new Lane<Call>();
    this.#side.set(name, lane);
    this.#ready.push(name);
    return lane;
  }

  async #sendMain(): Promise<void> {
    if (this.#main.isBusy) return;
    this.#main.isBusy = true;
    for (let next = this.#main.next(); next; next = this.#main.next()) await this.#post(next);
    this.#main.isBusy = false;
  }

  async #sendSide(): Promise<void> {
    if (this.#sideCalls === MAX_SIDE_CALLS) return;
    this.#sideCalls++;
    for (let name = this.#ready.shift(); name !== undefined; name = this.#ready.shift()) {
      const next = this.#side.get(name)?.next();
      if (next) await this.#post(next);
      // Move the lane to the end, so that it can't starve the others.
      if (this.#side.get(name)?.calls.isEmpty) this.#side.delete(name);
      else this.#ready.push(name);
    }
    this.#sideCalls--;
  }

  async #post({ call, settle }: PendingCall<Call>): Promise<void> {
    settle(await this.#isAccepted(call));
    this.#pending--;
    if (this.#pending <= MANY_PENDING_CALLS) this.#openRoom();
  }

  #openRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  async #isAccepted(call: Call): Promise<boolean> {
    const { client, url, codec, headers, signal } = this.#options;
    if (this.#ended || signal.aborted) return false;
    try {
      const answer = await client.request(url, {
        method: "POST",
        headers: { ...headers, "Content-Type": PROTOBUF, "Accept": PROTOBUF },
        body: codec.encode(call, PROTOBUF),
        // Calls in flight do not end with the stream, which a master closes first when it removes a
        // framework.
        idleTimeoutMs: ANSWER_TIMEOUT_MS,
      });
      // 202 for most calls; 200 for UPDATE_FRAMEWORK, which is synchronous.
      if (answer.status === TOO_LARGE && this.#options.onTooLarge) {
        await beginningOf(answer.body);
        this.#options.onTooLarge(call);
        return false;
      }
      if (answer.status !== 202 && answer.status !== 200) {
        throw await refusal(call.type ?? "call", url, answer);
      }
      await beginningOf(answer.body);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#fail(asError(error));
      return false;
    }
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#openRoom();
    this.#options.onFailure(error);
  }
}
