/**
 * Sends calls: those of one lane one after the other, different lanes side by side.
 *
 * A server handles requests of different connections in any order, so the only way to keep an order
 * is to wait for one answer before the next request.
 *
 * @module
 */

import { type Codec, PROTOBUF } from "../wire/codec.ts";
import { MesosConnectionError } from "../mesos_errors.ts";
import { type HttpClient, readText } from "./http_client.ts";
import { ANSWER_TIMEOUT_MS, refusal } from "./subscription.ts";

/** More calls than this can only mean that the server has stopped taking them. */
export const MAX_PENDING_CALLS = 100_000;

/** HTTP's Content Too Large. */
const TOO_LARGE = 413;

/** What the calls are sent with, for as long as one subscription lasts. */
export interface CallQueueOptions<Call> {
  /** Sends the requests. */
  client: HttpClient;
  /** The API endpoint of the subscription. */
  url: URL;
  /** Encodes the calls. */
  codec: Codec<Call>;
  /** Authorization and stream id. */
  headers: Readonly<Record<string, string>>;
  /** Ends the queue: calls not yet sent are dropped; for those under way there is an answer yet. */
  signal: AbortSignal;
  /** Called with each call that was refused for its size: nothing of it has happened, and the queue
   * goes on. */
  onTooLarge?: ((call: Call) => void) | undefined;
  /** Called once, with the error of the first call that was not accepted; the queue has ended. */
  onFailure: (error: Error) => void;
}

/** Calls on their way to a server. */
export class CallQueue<Call extends { type?: string | undefined }> {
  readonly #options: CallQueueOptions<Call>;
  readonly #lanes = new Map<string, Promise<boolean>>();
  #pending = 0;
  #ended = false;

  /**
   * An empty queue.
   *
   * @param options What the calls are sent with.
   */
  constructor(options: CallQueueOptions<Call>) {
    this.#options = options;
  }

  /** Sends a call after the earlier ones of its lane; resolves to whether it was accepted. */
  send(lane: string, call: Call): Promise<boolean> {
    if (this.#pending >= MAX_PENDING_CALLS) {
      this.#fail(new MesosConnectionError(`Cannot send: ${MAX_PENDING_CALLS} calls are pending`));
    }
    if (this.#ended) return Promise.resolve(false);
    this.#pending++;
    const before = this.#lanes.get(lane) ?? Promise.resolve(true);
    const sent = before.then(() => this.#post(call)).finally(() => {
      this.#pending--;
      if (this.#lanes.get(lane) === sent) this.#lanes.delete(lane);
    });
    this.#lanes.set(lane, sent);
    return sent;
  }

  async #post(call: Call): Promise<boolean> {
    const { client, url, codec, headers, signal } = this.#options;
    if (this.#ended || signal.aborted) return false;
    try {
      const answer = await client.post(url, {
        headers: { ...headers, "Content-Type": PROTOBUF, "Accept": PROTOBUF },
        body: codec.encode(call, PROTOBUF),
        // Not ended with the stream: a master that removes a framework closes that first.
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      // 202 for most; UPDATE_FRAMEWORK, which is done at once, has 200.
      if (answer.status === TOO_LARGE && this.#options.onTooLarge) {
        await readText(answer.body);
        this.#options.onTooLarge(call);
        return false;
      }
      if (answer.status !== 202 && answer.status !== 200) {
        throw await refusal(call.type ?? "call", url, answer);
      }
      await readText(answer.body);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#fail(error as Error);
      return false;
    }
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onFailure(error);
  }
}
