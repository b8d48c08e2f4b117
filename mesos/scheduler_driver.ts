/**
 * The driver of a framework scheduler: the client of the leading master's v1 HTTP API.
 *
 * It implements the protocol only: the {@linkcode Scheduler} knows the purpose of calls and repeats
 * those that still matter after a broken subscription.
 *
 * @see docs/scheduler-http-api.md in the Mesos documentation
 * @module
 */

import { getLogger } from "../support/log.ts";
import type { BackoffOptions } from "./http/backoff.ts";
import { type CallPlace, CallQueue } from "./http/call_queue.ts";
import { authorization, type Credential } from "./http/credential.ts";
import { PROTOBUF, schedulerCallCodec, schedulerEventCodec } from "./wire/codec.ts";
import {
  FrameworkFailedOverError,
  FrameworkRemovedError,
  MesosConnectionError,
  MesosHttpError,
  SubscriptionLostError,
} from "./mesos_errors.ts";
import { beginningOf, HttpClient, type HttpTransport } from "../http/http_client.ts";
import { type Clock, SYSTEM_CLOCK } from "../support/clock.ts";
import type { MasterDetector } from "./detector/master_detector.ts";
import type {
  FrameworkID,
  FrameworkInfo,
  SchedulerCall,
  SchedulerEvent,
  SchedulerEventFailure,
  SchedulerEventSubscribed,
} from "./wire/messages.ts";
import type { Scheduler, SchedulerDriver, SchedulerRequest } from "./scheduler.ts";
import { ANSWER_TIMEOUT_MS, type Subscription } from "./http/subscription.ts";
import { Subscriber } from "./http/subscriber.ts";

const API_PATH = "/api/v1/scheduler";

/** The API path of agents. */
const AGENT_API_PATH = "/api/v1/executor";

/** The error of an agent, which parses our call as one of its operator API; a master names a `Call`. */
const AGENT_REFUSAL = "Failed to parse body into a protobuf object";

/** The heartbeat interval when a master sends none or an invalid one. */
const DEFAULT_HEARTBEAT_SECONDS = 15;

/** The bounds of the heartbeat interval. */
const MIN_HEARTBEAT_SECONDS = 1;
const MAX_HEARTBEAT_SECONDS = 3600;

/** The largest number of offers that one call declines. */
const MAX_DECLINED_OFFERS = 1_000;

/** Calls about offers, which must not delay calls that jobs wait for. */
const YIELDING_CALLS: ReadonlySet<SchedulerCall["type"]> = new Set([
  "DECLINE",
  "REVIVE",
  "SUPPRESS",
]);

/** The lane of calls outside the order; no task has this id. */
const ASIDE_LANE = "";

/** The default backoff between attempts to subscribe. */
const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 500, maxMs: 15_000 };

/** Options of a {@linkcode MesosSchedulerDriver}. */
export interface SchedulerDriverOptions {
  /** Detection of masters. The driver closes it. */
  detector: MasterDetector;
  /** Returns the framework info of the next subscription; the driver adds the assigned id. */
  frameworkInfo: () => FrameworkInfo;
  /** The credential, for masters that require authentication. */
  credential?: Credential | undefined;
  /** PEM certificates to trust besides the usual ones. */
  caCertificates?: string | undefined;
  /** The backoff between attempts to subscribe. */
  backoff?: BackoffOptions | undefined;
  /** Sends the requests; the driver closes it. @default {a new HttpClient} */
  client?: HttpTransport | undefined;
  /** Measures all waits. @default {SYSTEM_CLOCK} */
  clock?: Clock | undefined;
}

/** An open subscription. */
interface Session {
  calls: CallQueue<SchedulerCall>;
  subscription: Subscription<SchedulerEvent>;
  url: URL;
}

/**
 * Subscribes a scheduler with the leading master, delivers events to it and calls to the master.
 */
export class MesosSchedulerDriver implements SchedulerDriver {
  readonly #scheduler: Scheduler;
  readonly #options: SchedulerDriverOptions;
  readonly #client: HttpTransport;
  readonly #clock: Clock;
  readonly #subscriber: Subscriber<SchedulerCall, SchedulerEvent>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #log = getLogger("mesos");
  #frameworkId: FrameworkID | undefined;
  #session: Session | undefined;
  #tearingDown = false;
  #tornDown = false;
  #lastError: Error | undefined;
  #asked: URL | undefined;
  #running: Promise<void> | undefined;

  /**
   * Creates a driver; call `start` to connect.
   *
   * @param scheduler Receives the callbacks.
   * @param options The masters, the framework and the credential.
   */
  constructor(scheduler: Scheduler, options: SchedulerDriverOptions) {
    this.#scheduler = scheduler;
    this.#options = options;
    const { caCertificates, client = new HttpClient({ caCertificates }) } = options;
    this.#client = client;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#headers = authorization(options.credential);
    this.#subscriber = new Subscriber<SchedulerCall, SchedulerEvent>({
      client: this.#client,
      nextUrl: (signal) => this.#nextUrl(signal),
      call: () => this.#subscribeCall(),
      callCodec: schedulerCallCodec,
      eventCodec: schedulerEventCodec,
      headers: this.#headers,
      backoff: options.backoff ?? DEFAULT_BACKOFF,
      clock: this.#clock,
      candidates: options.detector.candidates,
      followsLeader: true,
    }, {
      opened: (subscription, url, signal) => this.#opened(subscription, url, signal),
      event: (event) => this.#event(event),
      ready: () => this.#session?.calls.room() ?? Promise.resolve(),
      closed: (error) => this.#closed(error),
      attemptFailed: (error, delayMs) => this.#attemptFailed(error, delayMs),
      refused: (error) => this.#refused(error),
    });
  }

  /** Our own address on the connection to the master, once subscribed. */
  get localAddress(): string | undefined {
    return this.#session?.subscription.localAddress;
  }

  /** The master that there is a subscription with. */
  get master(): URL | undefined {
    return this.#session?.url;
  }

  /** Why there is no subscription; undefined while there is one, and before the first attempt. */
  get lastError(): Error | undefined {
    if (this.#lastError || this.#session) return this.#lastError;
    const asked = this.#asked?.origin;
    return asked === undefined
      ? this.#options.detector.lastError
      : new MesosConnectionError(`Cannot reach ${asked}: no answer yet`);
  }

  /** Starts to connect, and reconnects until stopped. Call it once. */
  start(): void {
    const { detector } = this.#options;
    detector.watch(() => this.#subscriber.moved(new MesosConnectionError("Another master leads")));
    this.#running = this.#subscriber.run().finally(async () => {
      this.#session = undefined;
      await this.#client.close();
      await detector.close();
    });
  }

  /** Sends a call if there is a subscription; see {@linkcode SchedulerDriver.send}. */
  send({ isAside = false, ...request }: SchedulerRequest): void {
    // Acknowledgements of one task are sent in order; those of different tasks have none.
    const lane = request.acknowledge?.task_id.value ?? (isAside ? ASIDE_LANE : undefined);
    // A REVIVE must not overtake a DECLINE, whose filter would then remain.
    this.#post(request, { lane, yields: YIELDING_CALLS.has(request.type) });
  }

  /** Closes the subscription and the connections. */
  async stop(): Promise<void> {
    this.#subscriber.stop();
    await this.join();
  }

  /** Removes the framework; see {@linkcode SchedulerDriver.teardown}. */
  async teardown(timeoutMs: number): Promise<boolean> {
    const giveUp = this.#clock.after(timeoutMs, () => this.#subscriber.stop());
    const isKnown = (this.#frameworkId ?? this.#options.frameworkInfo().id) !== undefined;
    this.#tearingDown = true;
    if (isKnown) this.#sendTeardown();
    else this.#subscriber.stop();
    try {
      await this.join();
    } finally {
      giveUp();
    }
    return this.#tornDown || !isKnown;
  }

  /** Resolves when the driver has stopped. */
  async join(): Promise<void> {
    await this.#running;
  }

  async #nextUrl(signal: AbortSignal): Promise<URL> {
    const master = await this.#options.detector.next(signal);
    if (!this.#asked) this.#log.info("Looking for Mesos at {origin}", { origin: master.origin });
    this.#asked = master;
    return new URL(API_PATH, master);
  }

  #subscribeCall(): SchedulerCall {
    const frameworkInfo = this.#options.frameworkInfo();
    const id = this.#frameworkId ?? frameworkInfo.id;
    return {
      type: "SUBSCRIBE",
      subscribe: { framework_info: { ...frameworkInfo, ...(id ? { id } : {}) } },
      ...(id ? { framework_id: id } : {}),
    };
  }

  #post(request: SchedulerRequest, place: CallPlace = {}): Promise<boolean> {
    if (!this.#session || !this.#frameworkId) return Promise.resolve(false);
    const call = { ...request, framework_id: this.#frameworkId };
    // Later declines may be merged into it.
    if (call.decline) call.decline = { ...call.decline };
    return this.#session.calls.send(call, place);
  }

  async #sendTeardown(): Promise<void> {
    if (!await this.#post({ type: "TEARDOWN" })) return;
    this.#tornDown = true;
    this.#subscriber.stop();
  }

  #opened(subscription: Subscription<SchedulerEvent>, url: URL, signal: AbortSignal): void {
    const streamId = subscription.streamId;
    const calls = new CallQueue<SchedulerCall>({
      client: this.#client,
      url,
      codec: schedulerCallCodec,
      headers: { ...this.#headers, ...(streamId ? { "Mesos-Stream-Id": streamId } : {}) },
      signal,
      merge: mergeDeclines,
      onTooLarge: (call) => this.#tooLarge(call),
      onFailure: (error) => this.#subscriber.reset(error),
    });
    this.#session = { calls, subscription, url };
  }

  #tooLarge(call: SchedulerCall): void {
    if (this.#tearingDown) return;
    this.#log.warn("Mesos refused a call that is too large: {type}", { type: call.type });
    // No other call can be split.
    if (call.accept) this.#scheduler.launchTooLarge(this, call);
    else {
      this.#subscriber.reset(new MesosConnectionError(`Cannot send ${call.type}: it is too large`));
    }
  }

  #refused(error: Error): void {
    const isAgents = error instanceof MesosHttpError && error.message.includes(AGENT_REFUSAL);
    this.#scheduler.error(this, isAgents ? agentError(error.url) : error);
  }

  #attemptFailed(error: Error, delayMs: number): void {
    this.#lastError = error;
    const delay = (delayMs / 1000).toFixed(1);
    this.#log.warn("{error}; next attempt in {delay} s", { error, delay });
    if (error instanceof MesosHttpError && error.status === 404) this.#recogniseAgent(error.url);
  }

  /** Detects an agent at the master's address: it has the executor API instead. */
  async #recogniseAgent(origin: string): Promise<void> {
    try {
      const { status, headers, body } = await this.#client.request(
        new URL(AGENT_API_PATH, origin),
        {
          method: "POST",
          headers: { "Content-Type": PROTOBUF },
          body: new Uint8Array(),
          idleTimeoutMs: ANSWER_TIMEOUT_MS,
        },
      );
      const said = await beginningOf(body);
      // An agent refuses an empty call with this text, unless it requires authentication.
      const isAgent = status === 400 && said.includes("Call") ||
        status === 401 && headers["www-authenticate"]?.includes("agent");
      if (!isAgent || this.#session || this.#tearingDown) return;
      this.#subscriber.stop();
      this.#scheduler.error(this, agentError(origin));
    } catch {
      // Not an agent either: the next attempt reports the error.
    }
  }

  #closed(error: Error): void {
    this.#session = undefined;
    this.#lastError = error;
    // A master closes the stream of a framework that it removed.
    if (this.#tearingDown) return;
    this.#log.warn("Disconnected from the master: {error}", { error });
    this.#scheduler.disconnected(this, error);
  }

  #event(event: SchedulerEvent): void {
    if (event.subscribed) return this.#subscribed(event.subscribed);
    const { offers, rescind, update, message, failure, error } = event;
    if (error) this.#error(error.message);
    else if (this.#tearingDown) return;
    else if (offers) this.#scheduler.resourceOffers(this, offers.offers ?? []);
    else if (rescind) this.#scheduler.offerRescinded(this, rescind.offer_id);
    else if (update) this.#scheduler.statusUpdate(this, update.status);
    else if (message) {
      this.#scheduler.frameworkMessage(this, message.executor_id, message.agent_id, message.data);
    } else if (failure) this.#failure(failure);
    else if (event.type !== "HEARTBEAT") {
      this.#log.debug("Ignoring an event of type {type}", { type: event.type ?? "unknown" });
    }
  }

  #subscribed(subscribed: SchedulerEventSubscribed): void {
    const first = !this.#frameworkId;
    this.#lastError = undefined;
    this.#frameworkId = subscribed.framework_id;
    const { heartbeat_interval_seconds: said = 0 } = subscribed;
    const makesSense = said >= MIN_HEARTBEAT_SECONDS && said <= MAX_HEARTBEAT_SECONDS;
    const seconds = makesSense ? said : DEFAULT_HEARTBEAT_SECONDS;
    this.#session?.subscription.expectHeartbeats(seconds * 1000);
    if (this.#tearingDown) this.#sendTeardown();
    else if (first) {
      this.#scheduler.registered(this, subscribed.framework_id, subscribed.master_info);
    } else this.#scheduler.reregistered(this, subscribed.master_info);
  }

  #failure({ agent_id, executor_id, status }: SchedulerEventFailure): void {
    if (!agent_id) return;
    if (executor_id) this.#scheduler.executorLost(this, executor_id, agent_id, status ?? 0);
    else this.#scheduler.agentLost(this, agent_id);
  }

  #error(message: string): void {
    this.#subscriber.stop();
    const text = `Cannot stay subscribed: ${message}`;
    const error = /framework has been removed/i.test(message)
      ? new FrameworkRemovedError(text)
      : /framework failed over/i.test(message)
      ? new FrameworkFailedOverError(text)
      : new SubscriptionLostError(text);
    if (!this.#tearingDown) this.#scheduler.error(this, error);
    else if (error instanceof FrameworkRemovedError) this.#tornDown = true;
  }
}

/** Merges declines with the same filter: a master handles a thousand offers as fast as one. */
function mergeDeclines({ decline: into }: SchedulerCall, { decline }: SchedulerCall): boolean {
  if (!into || !decline) return false;
  const offerIds = [...into.offer_ids ?? [], ...decline.offer_ids ?? []];
  const isAlike = into.filters?.refuse_seconds === decline.filters?.refuse_seconds;
  if (!isAlike || offerIds.length > MAX_DECLINED_OFFERS) return false;
  into.offer_ids = offerIds;
  return true;
}

function agentError(origin: string): SubscriptionLostError {
  const advice = "use the address of the master, whose default port is 5050";
  return new SubscriptionLostError(
    `Cannot subscribe at ${origin}: this is a Mesos agent; ${advice}`,
  );
}
