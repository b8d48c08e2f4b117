/**
 * Keeps a subscription: opens it, hands its events on, and opens the next one when it ends.
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

/** What a subscriber needs to subscribe. */
export interface SubscriberOptions<Call, Event extends object> {
  /** Sends the requests. */
  client: HttpTransport;
  /** The endpoint to try next; waits until there is one. */
  nextUrl: (signal: AbortSignal) => Promise<URL>;
  /** The SUBSCRIBE call, made anew for each attempt. */
  call: () => Call;
  /** Encodes the call. */
  callCodec: Codec<Call>;
  /** Decodes the events. */
  eventCodec: Codec<Event>;
  /** Authorization, where there is any. */
  headers: Readonly<Record<string, string>>;
  /** Bounds of the waits between attempts. */
  backoff: BackoffOptions;
  /** For waits and silence. @default {SYSTEM_CLOCK} */
  clock?: Clock | undefined;
  /** How many endpoints `nextUrl` goes around: a wait comes after each round. @default {1} */
  candidates?: number;
  /** Whether the server may name another one, which then gets the call and the headers, too. */
  followsLeader: boolean;
}

/** What a subscriber tells of. Exceptions thrown here end it: `run` rejects with them. */
export interface SubscriberEvents<Event extends object> {
  /** A stream is open; `signal` is aborted when it ends. */
  opened(subscription: Subscription<Event>, url: URL, signal: AbortSignal): void;
  /** An event of the open stream. */
  event(event: Event): void;
  /** An event that can't be used, since an id in it is no id of Mesos. */
  unusable?(event: Event): void;
  /** Resolves when the next event may come: those who cause work without end must wait for it. */
  ready?(): Promise<void>;
  /** The open stream has ended. */
  closed(error: Error): void;
  /** An attempt has failed; the next one comes after `delayMs`. */
  attemptFailed(error: Error, delayMs: number): void;
  /** The server refuses us for good; there will be no further attempt. */
  refused(error: Error): void;
}

function isRefusal(error: unknown): boolean {
  // 404: a server that is starting has not set up its routes yet.
  return error instanceof MesosHttpError && !error.retryable && error.status !== 404 &&
    error.status !== 307;
}

/** Keeps one subscription at a time until it is stopped. */
export class Subscriber<Call, Event extends object> {
  readonly #options: SubscriberOptions<Call, Event>;
  readonly #events: SubscriberEvents<Event>;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #current: AbortController | undefined;
  /** Whether the attempt has chosen whom to ask. */
  #isAsking = false;
  #moved = false;
  #wake: AbortController | undefined;
  /** Attempts on our own candidates, and shortcuts of others, since the last wait. */
  #tried = 0;
  #hurried = 0;

  /**
   * A subscriber that does nothing yet.
   *
   * @param options How to subscribe.
   * @param events Whom to tell.
   */
  constructor(options: SubscriberOptions<Call, Event>, events: SubscriberEvents<Event>) {
    this.#options = options;
    this.#events = events;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#backoff = new Backoff({ random: () => this.#clock.random(), ...options.backoff });
  }

  /** Subscribes again and again; resolves after `stop` or a refusal. Call it once. */
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

  /** `nextUrl` has another answer now: whatever is under way elsewhere ends, and no wait is due. */
  moved(reason: Error): void {
    this.#moved = true;
    if (this.#isAsking) this.#current?.abort(reason);
    if (this.#mayHurry()) this.#wake?.abort();
  }

  /** Ends everything. Idempotent. */
  stop(): void {
    this.#stop.abort(new Error("stopped"));
  }

  /** Those who name leaders, or lead, can change as fast as they like; we need not follow. */
  #mayHurry(): boolean {
    return this.#hurried < MAX_REDIRECTS;
  }

  #leaderNamedBy(error: Error): URL | undefined {
    const mayFollow = this.#options.followsLeader && error instanceof RedirectError;
    return mayFollow ? error.location : undefined;
  }

  /** Waits as long as is due before the next attempt. */
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

  /** One stream from its opening to its end; gives the reason of the end. */
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
      // Outside the try: what a callback throws is no error of the server.
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

  /** Hands events on until the stream ends; gives the reason. */
  async #consume(subscription: Subscription<Event>): Promise<Error> {
    const events = subscription[Symbol.asyncIterator]();
    while (true) {
      let next: IteratorResult<Event>;
      try {
        next = await events.next();
      } catch (error) {
        return asError(error);
      }
      // Outside the try: what a callback throws is not an error of the stream.
      if (!next.done) this.#events.event(next.value);
      await this.#events.ready?.();
    }
  }
}
