/**
 * A server that says what a test tells it to: for what no Mesos would do on request.
 * What a Mesos does by itself is tested on `cluster/`.
 *
 * @module
 */

import { type Codec, PROTOBUF } from "../../mesos/wire/codec.ts";
import { encodeRecord } from "../../mesos/wire/recordio.ts";
import { waitFor } from "./wait_for.ts";

/** A call as it came. */
export interface ReceivedCall<Call> {
  /** What was called. */
  call: Call;
  /** The request. */
  headers: Headers;
  /** The path of the URL. */
  path: string;
}

/** How a stub is made. */
export interface StubMesosOptions<Call, Event> {
  /** Decodes what comes. */
  callCodec: Codec<Call>;
  /** Encodes what goes. */
  eventCodec: Codec<Event>;
  /** Answers a call; undefined stands for 200 with a stream, or 202. */
  answer?: (received: ReceivedCall<Call>) => Response | Promise<Response> | undefined;
  /** Certificate and key for TLS. */
  tls?: { cert: string; key: string };
  /** Listen on this Unix socket instead of a port. */
  socketPath?: string;
  /** Listen on this port. */
  port?: number;
}

/** Takes calls, and gives events when told to. */
export class StubMesos<Call extends { type?: string | undefined }, Event> {
  /** Every call so far. */
  readonly calls: ReceivedCall<Call>[] = [];
  readonly #options: StubMesosOptions<Call, Event>;
  readonly #server: Deno.HttpServer<Deno.Addr>;
  readonly #abandoned = new AbortController();
  #streams: ReadableStreamDefaultController<Uint8Array>[] = [];

  constructor(options: StubMesosOptions<Call, Event>) {
    this.#options = options;
    const handler = (request: Request) => this.#handle(request);
    const quiet = { onListen: () => {}, signal: this.#abandoned.signal };
    this.#server = options.socketPath
      ? Deno.serve({ path: options.socketPath, ...quiet }, handler)
      : Deno.serve(
        { hostname: "127.0.0.1", port: options.port ?? 0, ...quiet, ...options.tls },
        handler,
      );
  }

  get port(): number {
    return (this.#server.addr as Deno.NetAddr).port;
  }

  get url(): URL {
    return new URL(`${this.#options.tls ? "https" : "http"}://127.0.0.1:${this.port}`);
  }

  get streams(): number {
    return this.#streams.length;
  }

  /** Sends an event on the open stream. */
  emit(event: Event): void {
    this.emitBytes(encodeRecord(this.#options.eventCodec.encode(event, PROTOBUF)));
  }

  emitBytes(bytes: Uint8Array): void {
    for (const stream of this.#streams) stream.enqueue(bytes);
  }

  /** Ends the open stream. */
  closeStreams(): void {
    for (const stream of this.#streams.splice(0)) stream.close();
  }

  /** The n-th call of a type, as soon as it has come. */
  received(type: string, n = 1): Promise<ReceivedCall<Call>> {
    return waitFor(
      () => this.calls.filter(({ call }) => call.type === type)[n - 1],
      `call ${n} of type ${type}`,
    );
  }

  async stop(): Promise<void> {
    this.closeStreams();
    await this.#server.shutdown();
  }

  /** Stops without waiting for answers that will never come. */
  async abandon(): Promise<void> {
    this.#abandoned.abort();
    await this.#server.finished;
  }

  async #handle(request: Request): Promise<Response> {
    const call = this.#options.callCodec.decode(await request.bytes(), PROTOBUF);
    const received = { call, headers: request.headers, path: new URL(request.url).pathname };
    this.calls.push(received);
    const answer = await this.#options.answer?.(received);
    if (answer) return answer;
    return call.type === "SUBSCRIBE" ? this.#stream() : new Response(null, { status: 202 });
  }

  #stream(): Response {
    let controller: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (started) => {
        controller = started;
        this.#streams.push(controller);
      },
      cancel: () => {
        this.#streams = this.#streams.filter((stream) => stream !== controller);
      },
    });
    const streamId = `stream-${this.calls.length}`;
    return new Response(body, {
      headers: { "Mesos-Stream-Id": streamId, "Content-Type": PROTOBUF },
    });
  }
}
