/**
 * One subscription to a master or an agent: the request that opens it and the events that follow.
 * It ends by itself with an error; whoever holds it decides when to try again.
 *
 * ```text
 *  POST SUBSCRIBE ──200──► events … ──► MesosConnectionError (closed, broken, silent)
 *        │                      └─────► RecordIoError | MessageDecodeError (garbage)
 *        ├──307──► RedirectError (who leads)
 *        └──else─► MesosHttpError (with what was said)
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

/** How many heartbeats may fail to come before the stream counts as dead. */
const MISSED_HEARTBEATS = 5;

/** The server asked is not the one that leads. */
export class RedirectError extends Error {
  /** The name of this class. */
  override readonly name = "RedirectError";
  /** The other one may take us. */
  readonly retryable = true;
  /** The same endpoint of the leader. */
  readonly location: URL;

  /**
   * An error that says where to go.
   *
   * @param asked The endpoint that was asked.
   * @param target What it names: its host and port count, and nothing else.
   */
  constructor(asked: URL, target: URL) {
    super(`Cannot subscribe at ${asked.origin}: the leader is ${target.host}`);
    this.location = new URL(asked.pathname, target.origin);
  }
}

/** What a subscription is opened with. */
export interface SubscribeOptions<Call, Event extends object> {
  /** Sends the request, on a connection of its own. */
  client: HttpTransport;
  /** The API endpoint. */
  url: URL;
  /** The SUBSCRIBE call. */
  call: Call;
  /** Encodes the call. */
  callCodec: Codec<Call>;
  /** Decodes the events. */
  eventCodec: Codec<Event>;
  /** Authorization, where there is any. */
  headers: Readonly<Record<string, string>>;
  /** Ends the subscription. */
  signal: AbortSignal;
  /** For the answer and its first event, in milliseconds. @default {ANSWER_TIMEOUT_MS} */
  answerTimeoutMs?: number | undefined;
  /** Measures silence. @default {SYSTEM_CLOCK} */
  clock?: Clock | undefined;
  /** Called with each event that is left out, since an id in it is no id of Mesos. */
  onUnusable?: ((event: Event) => void) | undefined;
}

/** An open stream of events. Iterate it once; leaving the loop closes the stream. */
export class Subscription<Event extends object> implements AsyncIterable<Event> {
  /** What every later call of a scheduler must carry. */
  readonly streamId: string | undefined;
  /** Our own address as the server sees it. */
  readonly localAddress: string | undefined;
  readonly #answer: HttpAnswer;
  readonly #eventCodec: Codec<Event>;
  readonly #silence: IdleTimer;
  readonly #onUnusable: ((event: Event) => void) | undefined;

  /**
   * Made by {@linkcode subscribe}.
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

  /** From now on the stream must not be silent for five of these intervals (milliseconds). */
  expectHeartbeats(intervalMs: number): void {
    this.#silence.watch(intervalMs * MISSED_HEARTBEATS);
  }

  /**
   * The events as they come.
   *
   * @throws {MesosConnectionError} when the stream ends, breaks or falls silent.
   * @throws {RecordIoError} when it is no RecordIO.
   * @throws {MessageDecodeError} when a record is no event.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    const decoder = new RecordIoDecoder();
    let answered = false;
    try {
      for await (const chunk of this.#answer.body) {
        const records = decoder.push(chunk);
        if (answered) this.#silence.restart();
        // What may be silent, and for how long, is for the first event to tell.
        else if (records.length > 0) this.#silence.watch(undefined);
        answered ||= records.length > 0;
        for (const record of records) {
          const event = this.#eventCodec.decode(record, PROTOBUF);
          if (!vet(event)) {
            log.warn("Ignoring an event: an id in it is no id of Mesos");
            this.#onUnusable?.(event);
            continue;
          }
          // The time that the reader takes is no silence of the server.
          this.#silence.stop();
          yield event;
          this.#silence.restart();
        }
      }
      decoder.end();
      throw new MesosConnectionError("Cannot read events: the server closed the stream");
    } finally {
      this.#silence.stop();
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
  const silence = new IdleTimer(
    (ms) => new MesosConnectionError(`No data from ${url.origin} for ${ms / 1000} s`),
    options.clock,
  );
  silence.watch(options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS);
  try {
    const answer = await client.request(url, {
      method: "POST",
      headers: { ...headers, "Content-Type": PROTOBUF, "Accept": PROTOBUF },
      body: callCodec.encode(call, PROTOBUF),
      signal: AbortSignal.any([signal, silence.signal]),
      dedicated: true,
    });
    if (answer.status !== 200) throw await refusal("SUBSCRIBE", url, answer);
    return new Subscription(answer, options, silence);
  } catch (error) {
    silence.stop();
    throw error;
  }
}

/** The error that an answer stands for; reads its body. */
export async function refusal(call: string, url: URL, answer: HttpAnswer): Promise<Error> {
  const { status } = answer;
  // The status says enough where the rest does not come.
  const said = await beginningOf(answer.body).catch(() => "");
  const target = redirectTarget(url, answer);
  // A credential that travels over TLS must not be led off it.
  if (status === 307 && target?.protocol === url.protocol) return new RedirectError(url, target);
  const body = target === undefined ? said : `to ${placeOf(target)}, which is not followed`;
  return new MesosHttpError(call, { url: url.origin, status, body });
}
