/**
 * Raw HTTP for tests: requests, and one side of an API that answers with a stream of events.
 *
 * @module
 */

import type { Codec, MediaType } from "../mesos/codec.ts";
import { RecordIoDecoder } from "../mesos/recordio.ts";
import { waitFor } from "../tests/wait_for.ts";

/** An answer that was read to its end. */
export interface Answer {
  /** The HTTP status. */
  status: number;
  /** The headers. */
  headers: Headers;
  /** The body. */
  body: string;
}

/** Sends a request and reads the answer. */
export async function ask(
  url: URL | string,
  init: RequestInit & { client?: Deno.HttpClient } = {},
): Promise<Answer> {
  const response = await fetch(url, init);
  const { status, headers } = response;
  return { status, headers, body: await response.text() };
}

/** Options of {@linkcode ApiClient}. */
export interface ApiClientOptions<Call, Event> {
  /** Where to post calls. */
  url: URL;
  /** Of calls. */
  callCodec: Codec<Call>;
  /** Of events. */
  eventCodec: Codec<Event>;
  /** The encoding of both. */
  mediaType: MediaType;
  /** Sent with every call. */
  headers: Record<string, string>;
}

/** One side of an API: calls out, events in. */
export class ApiClient<Call, Event extends { type?: string | undefined }> {
  /** All events so far. */
  readonly events: Event[] = [];
  /** What came with the stream. */
  headers: Headers | undefined;
  readonly #options: ApiClientOptions<Call, Event>;
  readonly #taken = new Set<Event>();
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #ended = false;

  /**
   * A client without a stream.
   *
   * @param options Which API, and how to speak to it.
   */
  constructor(options: ApiClientOptions<Call, Event>) {
    this.#options = options;
  }

  /** Sends the call that opens the stream. */
  async open(call: Call): Promise<void> {
    const response = await this.#post(call);
    if (response.status !== 200 || !response.body) {
      throw new Error(`Cannot subscribe: ${response.status} ${await response.text()}`);
    }
    this.headers = response.headers;
    this.#reader = response.body.getReader();
    this.#reading = this.#read(this.#reader);
  }

  /** Sends another call. */
  async send(call: Call, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await this.#post(call, headers);
    return { status: response.status, headers: response.headers, body: await response.text() };
  }

  /** The next event that fits and that was not taken before, as soon as it is there. */
  async take(fits: (event: Event) => boolean, what: string): Promise<Event> {
    const event = await waitFor(
      () => this.events.find((each) => !this.#taken.has(each) && fits(each)),
      what,
    );
    this.#taken.add(event);
    return event;
  }

  /** Leaves the stream. */
  async close(): Promise<void> {
    // Not by an abort signal: Deno forgets those of fetch when it collects garbage.
    await this.#reader?.cancel().catch(() => {});
    await this.#reading;
  }

  /** Waits until the server has ended the stream. */
  async finished(): Promise<void> {
    await waitFor(() => this.#ended, "the end of the stream");
  }

  #post(call: Call, headers: Record<string, string> = {}): Promise<Response> {
    const { url, callCodec, mediaType } = this.#options;
    return fetch(url, {
      method: "POST",
      headers: {
        ...this.#options.headers,
        ...headers,
        "Content-Type": mediaType,
        Accept: mediaType,
      },
      body: callCodec.encode(call, mediaType) as Uint8Array<ArrayBuffer>,
    });
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new RecordIoDecoder();
    try {
      for (let { value } = await reader.read(); value; { value } = await reader.read()) {
        for (const record of decoder.push(value)) {
          this.events.push(this.#options.eventCodec.decode(record, this.#options.mediaType));
        }
      }
    } catch {
      // Broken or left: in either case it is over.
    } finally {
      this.#ended = true;
    }
  }
}
