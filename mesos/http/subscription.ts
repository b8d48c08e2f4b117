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
import { type HttpAnswer, type HttpClient, readText } from "./http_client.ts";
import { RecordIoDecoder } from "../wire/recordio.ts";

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
  /** Where to go instead. */
  readonly location: URL;

  /**
   * An error that says where to go.
   *
   * @param from Whom we asked.
   * @param location Where to go instead.
   */
  constructor(from: URL, location: URL) {
    super(`Cannot subscribe at ${from.origin}: the leader is ${location.host}`);
    this.location = location;
  }
}

/** What a subscription is opened with. */
export interface SubscribeOptions<Call, Event> {
  /** Sends the request, on a connection of its own. */
  client: HttpClient;
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
}

/** An open stream of events. Iterate it once; leaving the loop closes the stream. */
export class Subscription<Event> implements AsyncIterable<Event> {
  /** What every later call of a scheduler must carry. */
  readonly streamId: string | undefined;
  /** Our own address as the server sees it. */
  readonly localAddress: string | undefined;
  readonly #answer: HttpAnswer;
  readonly #eventCodec: Codec<Event>;
  readonly #watchdog: Watchdog;

  /**
   * Made by {@linkcode subscribe}.
   *
   * @param answer The 200 answer.
   * @param eventCodec Decodes the events.
   * @param watchdog Ends a silent stream.
   */
  constructor(answer: HttpAnswer, eventCodec: Codec<Event>, watchdog: Watchdog) {
    this.streamId = answer.headers["mesos-stream-id"];
    this.localAddress = answer.localAddress;
    this.#answer = answer;
    this.#eventCodec = eventCodec;
    this.#watchdog = watchdog;
  }

  /** From now on the stream must not be silent for five of these intervals (milliseconds). */
  expectHeartbeats(intervalMs: number): void {
    this.#watchdog.watch(intervalMs * MISSED_HEARTBEATS);
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
        if (answered) this.#watchdog.alive();
        // What may be silent, and for how long, is for the first event to tell.
        else if (records.length > 0) this.#watchdog.watch(undefined);
        answered ||= records.length > 0;
        for (const record of records) yield this.#eventCodec.decode(record, PROTOBUF);
      }
      decoder.end();
      throw new MesosConnectionError("Cannot read events: the server closed the stream");
    } finally {
      this.#watchdog.stop();
    }
  }
}

/** Aborts when nothing was heard for a time. */
class Watchdog {
  readonly #origin: string;
  readonly #abort: AbortController;
  #timeoutMs: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(origin: string, abort: AbortController) {
    this.#origin = origin;
    this.#abort = abort;
  }

  watch(timeoutMs: number | undefined): void {
    this.#timeoutMs = timeoutMs;
    this.alive();
  }

  alive(): void {
    this.stop();
    const timeoutMs = this.#timeoutMs;
    if (timeoutMs === undefined) return;
    const text = `Cannot hear ${this.#origin}: nothing was heard for ${timeoutMs / 1000} s`;
    this.#timer = setTimeout(() => this.#abort.abort(new MesosConnectionError(text)), timeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Opens a subscription.
 *
 * @throws {MesosConnectionError} when the server can't be reached or does not answer in time.
 * @throws {RedirectError} when another server leads.
 * @throws {MesosHttpError} when the server refuses.
 */
export async function subscribe<Call, Event>(
  options: SubscribeOptions<Call, Event>,
): Promise<Subscription<Event>> {
  const { client, url, call, callCodec, eventCodec, headers, signal } = options;
  const abort = new AbortController();
  const watchdog = new Watchdog(url.origin, abort);
  watchdog.watch(options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS);
  try {
    const answer = await client.post(url, {
      headers: { ...headers, "Content-Type": PROTOBUF, "Accept": PROTOBUF },
      body: callCodec.encode(call, PROTOBUF),
      signal: AbortSignal.any([signal, abort.signal]),
      dedicated: true,
    });
    if (answer.status !== 200) throw await refusal("SUBSCRIBE", url, answer);
    return new Subscription(answer, eventCodec, watchdog);
  } catch (error) {
    watchdog.stop();
    throw error;
  }
}

/** The error that an answer stands for; reads its body. */
export async function refusal(call: string, url: URL, answer: HttpAnswer): Promise<Error> {
  const { status, headers: { location } } = answer;
  // The status says enough where the rest does not come.
  const said = await readText(answer.body).catch(() => "");
  const target = location === undefined ? undefined : URL.parse(location, url);
  // A credential that travels over TLS must not be led off it.
  if (status === 307 && target?.protocol === url.protocol) return new RedirectError(url, target);
  const body = target === undefined ? said : `to ${placeOf(target)}, which is not followed`;
  return new MesosHttpError(call, { url: url.origin, status, body });
}

/** Where a URL leads, without what may be secret in it. */
function placeOf(url: URL | null): string {
  if (!url) return "no URL";
  return url.host === "" ? url.protocol : `${url.protocol}//${url.host}`;
}
