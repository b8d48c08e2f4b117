/**
 * One subscription to a master or an agent: the request that opens it and the events that follow.
 * It ends with an error; its owner decides when to retry.
 *
 * ```text
 *  POST SUBSCRIBE ──200──► events … ──► MesosConnectionError (closed, broken, silent)
 *        │                      └─────► RecordIoError | MessageDecodeError (garbage)
 *        ├──307──► RedirectError (the leader)
 *        └──else─► MesosHttpError (status and body)
 * ```
 *
 * @module
 */

import { type Codec, PROTOBUF } from "../wire/codec.ts";
import { MesosConnectionError, MesosHttpError } from "../mesos_errors.ts";
import { beginningOf, type HttpAnswer, type HttpTransport } from "../../http/http_client.ts";
import type { Clock } from "../../support/clock.ts";
import { IdleTimer } from "../../http/idle_timer.ts";
import { placeOf, redirectTarget } from "../../http/redirect.ts";
import { vet } from "../wire/inbound.ts";
import { RecordIoDecoder } from "../wire/recordio.ts";
import { getLogger } from "../../support/log.ts";

const log = getLogger("mesos");

/** How long to wait for an answer, in milliseconds. */
export const ANSWER_TIMEOUT_MS = 30_000;

/** How many heartbeats may be missed before the stream counts as dead. */
const MISSED_HEARTBEATS = 5;

/** The server is not the leader. */
export class RedirectError extends Error {
  /** The class name. */
  override readonly name = "RedirectError";
  /** The leader may accept the subscription. */
  readonly retryable = true;
  /** The same endpoint of the leader. */
  readonly location: URL;

  /**
   * Creates an error that names the leader.
   *
   * @param asked The endpoint that redirected.
   * @param target The location; only its host and port are used.
   */
  constructor(asked: URL, target: URL) {
    super(`Cannot subscribe at ${asked.origin}: the leader is ${target.host}`);
    this.location = new URL(asked.pathname, target.origin);
  }
}

/** Options of {@linkcode subscribe}. */
export interface SubscribeOptions<Call, Event extends object> {
  /** Sends the request on a connection of its own. */
  client: HttpTransport;
  /** The API endpoint. */
  url: URL;
  /** The SUBSCRIBE call. */
  call: Call;
  /** Encodes the call. */
  callCodec: Codec<Call>;
  /** Decodes the events. */
  eventCodec: Codec<Event>;
  /** The Authorization header, if any. */
  headers: Readonly<Record<string, string>>;
  /** Ends the subscription. */
  signal: AbortSignal;
  /**
   * How long the answer and its first event may take, in milliseconds. @default {ANSWER_TIMEOUT_MS}
   */
  answerTimeoutMs?: number | undefined;
  /** Measures silence. @default {SYSTEM_CLOCK} */
  clock?: Clock | undefined;
  /** Called with each event that is ignored because of an invalid id. */
  onUnusable?: ((event: Event) => void) | undefined;
}

/** An open stream of events. Iterate it once; leaving the loop closes the stream. */
export class Subscription<Event extends object> implements AsyncIterable<Event> {
  /** The stream id that every later call of a scheduler must carry. */
  readonly streamId: string | undefined;
  /** Our own address as the server sees it. */
  readonly localAddress: string | undefined;
  readonly #answer: HttpAnswer;
  readonly #eventCodec: Codec<Event>;
  readonly #silence: IdleTimer;
  readonly #onUnusable: ((event: Event) => void) | undefined;

  /**
   * Use {@linkcode subscribe} to create one.
   *
   * @param answer The 200 answer.
   * @param options What the subscription was opened with.
   * @param silence Ends a silent stream.
   */
  constructor(
    answer: HttpAnswer,
    { eventCodec, onUnusable }: Pick<
      SubscribeOptions<unknown, Event>,
      "eventCodec" | "onUnusable"
    >,
    silence: IdleTimer,
  ) {
    this.streamId = answer.headers["mesos-stream-id"];
    this.localAddress = answer.localAddress;
    this.#answer = answer;
    this.#eventCodec = eventCodec;
    this.#silence = silence;
    this.#onUnusable = onUnusable;
  }

  /** Ends the stream after five of these intervals (milliseconds) without data. */
  expectHeartbeats(intervalMs: number): void {
    this.#silence.watch(intervalMs * MISSED_HEARTBEATS);
  }

  /**
   * Yields events as they arrive.
   *
   * @throws {MesosConnectionError} when the stream ends, breaks or falls silent.
   * @throws {RecordIoError} when it is not RecordIO.
   * @throws {MessageDecodeError} when a record is not an event.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    const decoder = new RecordIoDecoder();
    let answered = false;
    try {
      for await (const chunk of this.#answer.body) {
        const records = decoder.push(chunk);
        if (answered) this.#silence.restart();
        // The first event sets the heartbeat interval.
        else if (records.length > 0) this.#silence.watch(undefined);
        answered ||= records.length > 0;
        for (const record of records) {
          const event = this.#eventCodec.decode(record, PROTOBUF);
          if (!vet(event)) {
            log.warn("Ignoring an event: it contains an invalid id");
            this.#onUnusable?.(event);
            continue;
          }
          // Time that the reader takes does not count as silence of the server.
          this.#silence.stop();
          yield event;
          this.#silence.restart();
        }
      }
      decoder.end();
      throw new MesosConnectionError("Cannot read events: the server closed the stream");
    } finally {
      this.#silence.end();
    }
  }
}

/**
 * Opens a subscription.
 *
 * @throws {MesosConnectionError} when the server can't be reached or does not answer in time.
 * @throws {RedirectError} when another server leads.
 * @throws {MesosHttpError} when the server refuses.
 */
export async function subscribe<Call, Event extends object>(
  options: SubscribeOptions<Call, Event>,
): Promise<Subscription<Event>> {
  const { client, url, call, callCodec, headers, signal } = options;
  const silent = new AbortController();
  const silence = new IdleTimer(
    (ms) => silent.abort(new MesosConnectionError(`No data from ${url.origin} for ${ms / 1000} s`)),
    options.clock,
  );
  silence.watch(options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS);
  try {
    const answer = await client.request(url, {
      method: "POST",
      headers: { ...headers, "Content-Type": PROTOBUF, "Accept": PROTOBUF },
      body: callCodec.encode(call, PROTOBUF),
      signal: AbortSignal.any([signal, silent.signal]),
      dedicated: true,
    });
    if (answer.status !== 200) throw await refusal("SUBSCRIBE", url, answer);
    return new Subscription(answer, options, silence);
  } catch (error) {
    silence.end();
    throw error;
  }
}

/** Converts an error response to an error; reads its body. */
export async function refusal(call: string, url: URL, answer: HttpAnswer): Promise<Error> {
  const { status } = answer;
  // The status is enough if the body can't be read.
  const said = await beginningOf(answer.body).catch(() => "");
  const target = redirectTarget(url, answer);
  // A redirect must not downgrade a credential from TLS.
  if (status === 307 && target?.protocol === url.protocol) return new RedirectError(url, target);
  const body = target === undefined ? said : `to ${placeOf(target)}, which is not followed`;
  return new MesosHttpError(call, { url: url.origin, status, body });
}
