/**
 * Maintains a subscription: opens it, delivers its events, and reopens it when it ends.
 *
 * ```text
 *              opened                    ended
 *  CONNECTING ────────► SUBSCRIBED ─────────────────┐
 *    ▲  │  └── refused for good ─► fatal ─► STOPPED │
 *    │  └─ redirected, failed, another leads        │
 *    ├─────────────── at once ◄─────────────────────┤ a leader is named, a candidate is left
 *    └───────────── wait with backoff ◄─────────────┘ else
 * ```
 *
 * @module
 */

import { Backoff, type BackoffOptions, sleep } from "./backoff.ts";
import type { Codec } from "../wire/codec.ts";
import { MesosHttpError } from "../mesos_errors.ts";
import type { HttpTransport } from "../../http/http_client.ts";
import { type Clock, SYSTEM_CLOCK } from "../../support/clock.ts";
import { MAX_REDIRECTS } from "../../http/redirect.ts";
import { RedirectError, subscribe, type Subscription } from "./subscription.ts";
import { asError } from "../../support/reason.ts";

/** Options of a {@linkcode Subscriber}. */
export interface SubscriberOptions<Call, Event extends object> {
  /** Sends the requests. */
  client: HttpTransport;
  /** Returns the endpoint to try next; waits until one is known. */
  nextUrl: (signal: AbortSignal) => Promise<URL>;
  /** Builds the SUBSCRIBE call of each attempt. */
  call: () => Call;
  /** Encodes the call. */
  callCodec: Codec<Call>;
  /** Decodes the events. */
  eventCodec: Codec<Event>;
  /** The Authorization header, if any. */
  headers: Readonly<Record<string, string>>;
  /** The backoff between attempts. */
  backoff: BackoffOptions;
  /** Measures waits and silence. @default {SYSTEM_CLOCK} */
  clock?: Clock | undefined;
  /**
   * How many endpoints `nextUrl` cycles through; the subscriber waits after each cycle. @default
   * {1}
   */
  candidates?: number;
  /** Whether to follow redirects to a leader, which then gets the call and the headers. */
  followsLeader: boolean;
}

/** Callbacks of a {@linkcode Subscriber}. An exception in one ends it: `run` rejects with it. */
export interface SubscriberEvents<Event extends object> {
  /** A stream opened; `signal` is aborted when it ends. */
  opened(subscription: Subscription<Event>, url: URL, signal: AbortSignal): void;
  /** An event arrived on the open stream. */
  event(event: Event): void;
  /** An event with an invalid id, which can't be used. */
  unusable?(event: Event): void;
  /** Resolves when the next event may come: those who cause work without end must wait for it. */
  ready?(): Promise<void>;
  /** The open stream ended. */
  closed(error: Error): void;
  /** An attempt failed; the next one follows after `delayMs`. */
  attemptFailed(error: Error, delayMs: number): void;
  /** The server refused the subscription for good; no further attempt follows. */
  refused(error: Error): void;
}

function isRefusal(error: unknown): boolean {
  // 404: a starting server has not set up its routes yet.
  return error instanceof MesosHttpError && !error.retryable && error.status !== 404 &&
    error.status !== 307;
}

/** Maintains one subscription at a time until stopped. */
export class Subscriber<Call, Event extends object> {
  readonly #options: SubscriberOptions<Call, Event>;
  readonly #events: SubscriberEvents<Event>;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #current: AbortController | undefined;
  /** Whether the attempt has chosen an endpoint. */
  #isAsking = false;
  #moved = false;
  #wake: AbortController | undefined;
  /** Attempts on our own candidates, and redirects followed, since the last wait. */
  #tried = 0;
  #hurried = 0;

  /**
   * Creates a subscriber; call `run` to subscribe.
   *
   * @param options How to subscribe.
   * @param events The callbacks.
   */
  constructor(options: SubscriberOptions<Call, Event>, events: SubscriberEvents<Event>) {
    this.#options = options;
    this.#events = events;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#backoff = new Backoff({ random: () => this.#clock.random(), ...options.backoff });
  }

  /** Subscribes and resubscribes; resolves after `stop` or a refusal. Call it once. */
  async run(): Promise<void> {
    const stop = this.#stop.signal;
    let redirect: URL | undefined;
    while (!stop.aborted) {
      this.#moved = false;
      const { error, wasOpen } = await this.#attempt(redirect);
      if (stop.aborted) return;
      if (!wasOpen && isRefusal(error)) return this.#events.refused(error);
      if (!redirect) this.#tried++;
      redirect = this.#mayHurry() ? this.#leaderNamedBy(error) : undefined;
      if (redirect) this.#hurried++;
      else await this.#wait(wasOpen ? undefined : error);
    }
  }

  /** Ends the open stream, as if it had broken. */
  reset(reason: Error): void {
    this.#current?.abort(reason);
  }

  /** `nextUrl` has changed: ends attempts elsewhere and skips the wait. */
  moved(reason: Error): void {
    this.#moved = true;
    if (this.#isAsking) this.#current?.abort(reason);
    if (this.#mayHurry()) this.#wake?.abort();
  }

  /** Ends the subscription. Idempotent. */
  stop(): void {
    this.#stop.abort(new Error("stopped"));
  }

  /** Whether to retry without a wait: bounded, since leaders and redirects may change quickly. */
  #mayHurry(): boolean {
    return this.#hurried < MAX_REDIRECTS;
  }

  #leaderNamedBy(error: Error): URL | undefined {
    const mayFollow = this.#options.followsLeader && error instanceof RedirectError;
    return mayFollow ? error.location : undefined;
  }

  /** Waits for the backoff before the next attempt, if due. */
  async #wait(failure: Error | undefined): Promise<void> {
    const isRoundOver = this.#tried >= (this.#options.candidates ?? 1);
    const isMoved = this.#moved && this.#mayHurry();
    const delayMs = isRoundOver && !isMoved ? this.#backoff.next() : 0;
    if (failure) this.#events.attemptFailed(failure, delayMs);
    const wake = this.#wake = new AbortController();
    if (delayMs > 0) {
      await sleep(delayMs, AbortSignal.any([this.#stop.signal, wake.signal]), this.#clock);
    }
    this.#wake = undefined;
    if (isMoved || wake.signal.aborted) this.#hurried++;
    else if (isRoundOver) this.#hurried = 0;
    if (isRoundOver) this.#tried = 0;
  }

  /** Runs one stream until it ends; returns the reason. */
  async #attempt(redirect: URL | undefined): Promise<{ error: Error; wasOpen: boolean }> {
    const { nextUrl, call, client, callCodec, eventCodec, headers } = this.#options;
    const current = this.#current = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, current.signal]);
    try {
      let url: URL;
      let subscription: Subscription<Event>;
      try {
        url = redirect ?? await nextUrl(signal);
        this.#isAsking = true;
        const onUnusable = (event: Event) => this.#events.unusable?.(event);
        const rest = { callCodec, eventCodec, clock: this.#clock, onUnusable };
        subscription = await subscribe({ client, call: call(), url, headers, signal, ...rest });
      } catch (error) {
        return { error: asError(error), wasOpen: false };
      }
      // Outside the try: an exception in a callback is not an error of the server.
      const openedAt = this.#clock.now();
      this.#events.opened(subscription, url, signal);
      const error = await this.#consume(subscription);
      this.#backoff.succeeded(this.#clock.now() - openedAt);
      current.abort(error);
      if (!this.#stop.signal.aborted) this.#events.closed(error);
      return { error, wasOpen: true };
    } finally {
      this.#isAsking = false;
      current.abort(new Error("the subscription has ended"));
    }
  }

  /** Delivers events until the stream ends; returns the reason. */
  async #consume(subscription: Subscription<Event>): Promise<Error> {
    const events = subscription[Symbol.asyncIterator]();
    while (true) {
      let next: IteratorResult<Event>;
      try {
        next = await events.next();
      } catch (error) {
        return asError(error);
      }
      // Outside the try: an exception in a callback is not an error of the stream.
      if (!next.done) this.#events.event(next.value);
      await this.#events.ready?.();
    }
  }
}
