/**
 * A connection of a server: requests one after the other, each handed to a function and answered.
 * No silence lasts, and no head and no left-over body is longer, than the bounds here say.
 *
 * ```text
 *  head ──► handler ──► answer ──► rest of the body ──► head ──► …     any error ──► close
 * ```
 *
 * @module
 */

import type { Clock } from "../support/clock.ts";
import { getLogger } from "../support/log.ts";
import { ByteReader } from "./byte_reader.ts";
import { IdleTimer } from "./idle_timer.ts";
import { readLines } from "./message_reader.ts";
import { RequestBody } from "./request_body.ts";
import { parseRequestHead, type RequestHead } from "./request_head.ts";

/** How long a client may take to send a head. */
const HEAD_TIMEOUT_MS = 10_000;

/** How long a client may take between two requests. */
const KEPT_TIMEOUT_MS = 75_000;

/** How long a client may take nothing of an answer. */
const IDLE_TIMEOUT_MS = 60_000;

/** The longest head of a request. */
const MAX_REQUEST_HEAD_BYTES = 32 * 1024;

/** Headers that are for the connection to decide. */
const CONNECTION_HEADERS = ["connection", "keep-alive", "transfer-encoding", "date"];

/** Statuses without a body. */
const BODILESS = [204, 304];

/** Reason phrases of the statuses in use: people read them in the output of curl. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  202: "Accepted",
  206: "Partial Content",
  302: "Found",
  304: "Not Modified",
  307: "Temporary Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

const encoder = new TextEncoder();

/**
 * Answers a request. The signal is aborted when the client has gone. What it throws becomes 500.
 */
export type RequestHandler = (request: Request, gone: AbortSignal) => Response | Promise<Response>;

/** What a connection is served with. */
export interface ServerConnectionOptions {
  /** Answers the requests. */
  readonly handler: RequestHandler;
  /** Where the server is, for clients that do not say whom they ask. */
  readonly origin: URL;
  /** Measures silences. */
  readonly clock: Clock;
}

/** One connection. Closes itself when its client has gone, or breaks a bound. */
export class ServerConnection {
  readonly #connection: Deno.Conn<Deno.Addr>;
  readonly #handler: RequestHandler;
  readonly #origin: URL;
  readonly #reader: ByteReader;
  readonly #gone = new AbortController();
  readonly #idle: IdleTimer;

  /**
   * A connection that is not served yet.
   *
   * @param connection Is closed in the end.
   * @param options What answers, and where.
   */
  constructor(
    connection: Deno.Conn<Deno.Addr>,
    { handler, origin, clock }: ServerConnectionOptions,
  ) {
    this.#connection = connection;
    this.#handler = handler;
    this.#origin = origin;
    this.#idle = new IdleTimer(
      (timeoutMs) => new Error(`nothing moved for ${timeoutMs} ms`),
      clock,
    );
    this.#reader = new ByteReader(connection);
    this.#idle.signal.addEventListener("abort", () => this.close());
  }

  /** Answers requests until the connection is closed. Never rejects. */
  async serve(): Promise<void> {
    try {
      for (let timeoutMs = HEAD_TIMEOUT_MS;; timeoutMs = KEPT_TIMEOUT_MS) {
        this.#idle.watch(timeoutMs);
        if (!await this.#reader.readAhead()) break;
        // Of the whole head: a client could send it byte by byte.
        this.#idle.watch(HEAD_TIMEOUT_MS);
        const head = await this.#readHead();
        this.#idle.stop();
        if (!head || !await this.#exchange(head)) break;
      }
    } catch (error) {
      getLogger("http").debug("A connection has ended: {error}", { error });
    } finally {
      this.#idle.stop();
      this.close();
    }
  }

  /** Whatever is under way fails. Idempotent. */
  close(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    try {
      this.#connection.close();
    } catch {
      // The other side was faster.
    }
  }

  async #readHead(): Promise<RequestHead | undefined> {
    try {
      const lines = await readLines(this.#reader, { bytes: MAX_REQUEST_HEAD_BYTES });
      return parseRequestHead(lines, this.#origin);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      await this.#write(encoder.encode("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
      return undefined;
    }
  }

  /** Resolves to whether another request may follow. */
  async #exchange(head: RequestHead): Promise<boolean> {
    const body = new RequestBody(this.#reader, head, {
      idle: this.#idle,
      askForIt: () => this.#write(encoder.encode("HTTP/1.1 100 Continue\r\n\r\n")),
      ended: () => this.#watchClient(),
    });
    const response = await this.#answerOf(head, body);
    if (!response) return false;
    const keepsAlive = await this.#send(head, response);
    return keepsAlive && await body.drain();
  }

  /** Nothing more belongs to the request: what comes is the next one, or the end. */
  async #watchClient(): Promise<void> {
    if (!await this.#reader.readAhead()) this.close();
  }

  async #answerOf(head: RequestHead, body: RequestBody): Promise<Response | undefined> {
    const { promise: gone, resolve } = Promise.withResolvers<undefined>();
    const { signal } = this.#gone;
    const leave = () => resolve(undefined);
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
    const answering = this.#handle(head, body);
    const response = await Promise.race([answering, gone]);
    signal.removeEventListener("abort", leave);
    // An answer that comes later has no reader.
    if (!response) answering.then(({ body }) => body?.cancel()).catch(() => {});
    return response;
  }

  async #handle({ method, url, headers }: RequestHead, body: RequestBody): Promise<Response> {
    try {
      const hasBody = method !== "GET" && method !== "HEAD" && body.stream !== undefined;
      const request = new Request(url, {
        method,
        headers: { ...headers },
        ...(hasBody ? { body: body.stream } : {}),
      });
      return await this.#handler(request, this.#gone.signal);
    } catch (error) {
      if (!this.#gone.signal.aborted) {
        getLogger("http").error("Cannot answer a request: {error}", { error });
      }
      return new Response("500 Internal Server Error.", { status: 500 });
    }
  }

  /** Resolves to whether another answer may follow. */
  async #send(head: RequestHead, response: Response): Promise<boolean> {
    const { status, body, headers } = response;
    const mayHaveBody = head.method !== "HEAD" && !BODILESS.includes(status);
    const hasBody = body !== null && mayHaveBody;
    const isSized = headers.has("content-length");
    const isEmpty = body === null && mayHaveBody && !isSized;
    const isChunked = hasBody && !isSized && head.knowsChunks;
    const isUnframed = hasBody && !isSized && !isChunked;
    const keepsAlive = head.keepsAlive && !isUnframed && headers.get("connection") !== "close";
    const lines = [
      `HTTP/1.1 ${status} ${response.statusText || (REASONS[status] ?? "")}`,
      ...[...headers].filter(([name]) => !CONNECTION_HEADERS.includes(name))
        .map(([name, value]) => `${name}: ${value}`),
      `date: ${new Date().toUTCString()}`,
      ...(isChunked ? ["transfer-encoding: chunked"] : []),
      ...(isEmpty ? ["content-length: 0"] : []),
      ...(keepsAlive ? [] : ["connection: close"]),
    ];
    await this.#write(encoder.encode([...lines, "", ""].join("\r\n")));
    if (hasBody) await this.#sendBody(body, isChunked);
    else await body?.cancel();
    return keepsAlive;
  }

  async #sendBody(body: ReadableStream<Uint8Array>, isChunked: boolean): Promise<void> {
    const reader = body.getReader();
    const cancel = () => void reader.cancel(new Error("the client has gone")).catch(() => {});
    this.#gone.signal.addEventListener("abort", cancel);
    if (this.#gone.signal.aborted) cancel();
    try {
      for (let { value } = await reader.read(); value; { value } = await reader.read()) {
        if (value.length > 0) await this.#write(isChunked ? chunk(value) : value);
      }
      if (isChunked) await this.#write(encoder.encode("0\r\n\r\n"));
    } catch (error) {
      cancel();
      throw error;
    } finally {
      this.#gone.signal.removeEventListener("abort", cancel);
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#idle.watch(IDLE_TIMEOUT_MS);
    for (let written = 0; written < bytes.length;) {
      written += await this.#connection.write(bytes.subarray(written));
      this.#idle.restart();
    }
    this.#idle.stop();
  }
}

function chunk(bytes: Uint8Array): Uint8Array {
  const size = encoder.encode(`${bytes.length.toString(16)}\r\n`);
  const framed = new Uint8Array(size.length + bytes.length + 2);
  framed.set(size);
  framed.set(bytes, size.length);
  framed.set([0x0d, 0x0a], size.length + bytes.length);
  return framed;
}
