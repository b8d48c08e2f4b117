/**
 * Keeps a subscription: opens it, hands its events on, and opens the next one when it ends.
 *
 * ```text
 *              opened                    ended
 *  CONNECTING ────────► SUBSCRIBED ─────────────────┐
 *    ▲  │  └── refused for good ─► fatal ─► STOPPED │
 *    │  └─ redirected, failed                       │
 *    └───────────── wait with backoff ◄─────────────┘
 * ```
 *
 * @module
 */

import { Backoff, type BackoffOptions, sleep } from "./backoff.ts";
import type { Codec } from "../wire/codec.ts";
import { MesosHttpError } from "../mesos_errors.ts";
import type { HttpClient } from "../../http/http_client.ts";
import { MAX_REDIRECTS } from "../../http/redirect.ts";
import { RedirectError, subscribe, type Subscription } from "./subscription.ts";

/** A subscription that ended sooner than this did not do well: waits go on growing. */
const HEALTHY_AFTER_MS = 5_000;

/** What a subscriber needs to subscribe. */
export interface SubscriberOptions<Call, Event> {
  /** Sends the requests. */
  client: HttpClient;
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
  /** Whether the server may name another one, which then gets the call and the headers, too. */
  followsLeader: boolean;
}

/** What a subscriber tells of. Exceptions thrown here end it: `run` rejects with them. */
export interface SubscriberEvents<Event> {
  /** A stream is open; `signal` is aborted when it ends. */
  opened(subscription: Subscription<Event>, url: URL, signal: AbortSignal): void;
  /** An event of the open stream. */
  event(event: Event): void;
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
export class Subscriber<Call, Event> {
  readonly #options: SubscriberOptions<Call, Event>;
  readonly #events: SubscriberEvents<Event>;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  #current: AbortController | undefined;

  /**
   * A subscriber that does nothing yet.
   *
   * @param options How to subscribe.
   * @param events Whom to tell.
   */
  constructor(options: SubscriberOptions<Call, Event>, events: SubscriberEvents<Event>) {
    this.#options = options;
    this.#events = events;
    this.#backoff = new Backoff(options.backoff);
  }

  /** Subscribes again and again; resolves after `stop` or a refusal. Call it once. */
  async run(): Promise<void> {
    const stop = this.#stop.signal;
    let redirect: URL | undefined;
    let redirects = 0;
    while (!stop.aborted) {
      const { error, wasOpen } = await this.#attempt(redirect);
      if (stop.aborted) return;
      if (!wasOpen && isRefusal(error)) return this.#events.refused(error);
      redirect = this.#options.followsLeader && error instanceof RedirectError &&
          redirects++ < MAX_REDIRECTS
        ? error.location
        : undefined;
      if (redirect) continue;
      redirects = 0;
      const delayMs = this.#backoff.next();
      if (!wasOpen) this.#events.attemptFailed(error, delayMs);
      await sleep(delayMs, stop);
    }
  }

  /** Ends the open stream, as if it had broken. */
  reset(reason: Error): void {
    this.#current?.abort(reason);
  }

  /** Ends everything. Idempotent. */
  stop(): void {
    this.#stop.abort(new Error("stopped"));
  }

  /** One stream from its opening to its end; gives the reason of the end. */
  async #attempt(redirect: URL | undefined): Promise<{ error: Error; wasOpen: boolean }> {
    const { nextUrl, call, backoff: _, followsLeader: __, ...options } = this.#options;
    const current = this.#current = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, current.signal]);
    try {
      let url: URL;
      let subscription: Subscription<Event>;
      try {
        url = redirect ?? await nextUrl(signal);
        subscription = await subscribe({ ...options, call: call(), url, signal });
      } catch (error) {
        return { error: error as Error, wasOpen: false };
      }
      // Outside the try: what a callback throws is no error of the server.
      const openedAt = performance.now();
      this.#events.opened(subscription, url, signal);
      const error = await this.#consume(subscription);
      if (performance.now() - openedAt > HEALTHY_AFTER_MS) this.#backoff.reset();
      current.abort(error);
      if (!this.#stop.signal.aborted) this.#events.closed(error);
      return { error, wasOpen: true };
    } finally {
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
        return error as Error;
      }
      // Outside the try: what a callback throws is not an error of the stream.
      if (!next.done) this.#events.event(next.value);
    }
  }
}
