/**
 * What a server asks, and what it sends.
 *
 * @module
 */

import type { RequestBody } from "./request_body.ts";
import type { RequestHead } from "./request_head.ts";

/** A request. */
export interface ServerRequest extends RequestHead {
  /** Its body, read as it is wanted. */
  readonly body: RequestBody;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
}

/** A body that is sent as it comes. */
export interface BodyStream {
  /** The next bytes; undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** There is no reader any more: a `next` that waits resolves to undefined. */
  cancel(): void;
}

/** An answer. */
export interface ServerAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Header name → value; the length of a body is added. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, if there is one. */
  readonly body?: Uint8Array | BodyStream | undefined;
}

/** Answers a request. What it throws becomes 500. */
export type RequestHandler = (request: ServerRequest) => ServerAnswer | Promise<ServerAnswer>;

/** Answers a request in the terms of `fetch`. The signal is aborted when the client has gone. */
export type FetchHandler = (request: Request, gone: AbortSignal) => Response | Promise<Response>;

/** Has requests answered in the terms of `fetch`, which are convenient and take more time. */
export function fetchHandler(handler: FetchHandler): RequestHandler {
  return async ({ method, url, headers, body, gone }) => {
    const stream = method === "GET" || method === "HEAD" ? undefined : body.stream();
    const request = new Request(url, {
      method,
      headers: { ...headers },
      ...(stream ? { body: stream } : {}),
    });
    const response = await handler(request, gone);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: response.body ? new StreamedBody(response.body) : undefined,
    };
  };
}

/** A body that is read from a stream. */
export class StreamedBody implements BodyStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  /** Locks the stream. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** See {@linkcode BodyStream.next}. */
  async next(): Promise<Uint8Array | undefined> {
    return (await this.#reader.read()).value;
  }

  /** See {@linkcode BodyStream.cancel}. */
  cancel(): void {
    this.#reader.cancel(new Error("the client has gone")).catch(() => {});
  }
}
