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

import { concatenated } from "../support/bytes.ts";
import type { Clock } from "../support/clock.ts";
import { getLogger } from "../support/log.ts";
import { ByteReader } from "./byte_reader.ts";
import { IdleTimer } from "./idle_timer.ts";
import { readLines } from "./message_reader.ts";
import {
  DRAIN_TIMEOUT_MS,
  MAX_DRAINED_BYTES,
  RequestBody,
  RequestBodyError,
} from "./request_body.ts";
import type { BodyStream, RequestHandler, ServerAnswer } from "./request_handler.ts";
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

const NO_BYTES = new Uint8Array();

const CRLF = encoder.encode("\r\n");

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
  /** Ends what is waited for when the client has gone. */
  #leave = () => {};

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
    this.#idle = new IdleTimer(() => this.close(), clock);
    this.#reader = new ByteReader(connection);
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
      this.close();
    }
  }

  /** Whatever is under way fails. Idempotent. */
  close(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    this.#idle.end();
    this.#leave();
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
      await this.#takeRest();
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
    const answer = await this.#answerOf(head, body);
    if (!answer) return false;
    const { isBroken } = body;
    const keepsAlive = await this.#send(isBroken ? { ...head, keepsAlive: false } : head, answer);
    // A connection that is closed with unread bytes is reset, and takes the answer with it.
    if (isBroken) await this.#takeRest();
    else if (!keepsAlive) await this.#connection.closeWrite();
    return !isBroken && await body.drain() && keepsAlive;
  }

  /** Takes what is still on its way: no request can be found in it. */
  async #takeRest(): Promise<void> {
    await this.#connection.closeWrite();
    this.#idle.watch(DRAIN_TIMEOUT_MS);
    for (let left = MAX_DRAINED_BYTES; left > 0;) {
      const bytes = await this.#reader.some(left);
      if (!bytes) return;
      left -= bytes.length;
    }
  }

  /** Nothing more belongs to the request: what comes is the next one, or the end. */
  async #watchClient(): Promise<void> {
    if (!await this.#reader.readAhead()) this.close();
  }

  async #answerOf(head: RequestHead, body: RequestBody): Promise<ServerAnswer | undefined> {
    const { promise, resolve } = Promise.withResolvers<ServerAnswer | undefined>();
    this.#leave = () => resolve(undefined);
    if (this.#gone.signal.aborted) this.#leave();
    const answering = this.#handle(head, body);
    answering.then(resolve);
    const answer = await promise;
    // An answer that comes later has no reader.
    if (!answer) answering.then(cancelBody);
    return answer;
  }

  async #handle(head: RequestHead, body: RequestBody): Promise<ServerAnswer> {
    try {
      return await this.#handler({ ...head, body, gone: this.#gone.signal });
    } catch (error) {
      if (error instanceof RequestBodyError) {
        return { status: 400, body: encoder.encode(`400 Bad Request: ${error.message}.`) };
      }
      if (!this.#gone.signal.aborted) {
        getLogger("http").error("Cannot answer a request: {error}", { error });
      }
      return { status: 500, body: encoder.encode("500 Internal Server Error.") };
    }
  }

  /** Resolves to whether another answer may follow. */
  async #send(head: RequestHead, answer: ServerAnswer): Promise<boolean> {
    const { status, body } = answer;
    const headers = Object.entries(answer.headers ?? {})
      .map(([name, value]) => [name.toLowerCase(), value] as const);
    const mayHaveBody = head.method !== "HEAD" && !BODILESS.includes(status);
    const [bytes, stream] = body instanceof Uint8Array ? [body] : [NO_BYTES, body];
    const isSized = !stream || headers.some(([name]) => name === "content-length");
    const isChunked = mayHaveBody && !isSized && head.knowsChunks;
    const isUnframed = mayHaveBody && !isSized && !isChunked;
    const closes = headers.some(([name, value]) => name === "connection" && value === "close");
    const keepsAlive = head.keepsAlive && !isUnframed && !closes;
    const lines = [
      `HTTP/1.1 ${status} ${REASONS[status] ?? ""}`,
      ...headers.filter(([name]) => !CONNECTION_HEADERS.includes(name))
        .map(([name, value]) => `${name}: ${value}`),
      `date: ${new Date().toUTCString()}`,
      ...(isChunked ? ["transfer-encoding: chunked"] : []),
      ...(stream || !mayHaveBody ? [] : [`content-length: ${bytes.length}`]),
      ...(keepsAlive ? [] : ["connection: close"]),
    ];
    const first = encoder.encode([...lines, "", ""].join("\r\n"));
    await this.#write(mayHaveBody ? concatenated([first, bytes]) : first).catch((error) => {
      stream?.cancel();
      throw error;
    });
    if (stream && mayHaveBody) await this.#sendBody(stream, isChunked);
    else stream?.cancel();
    return keepsAlive;
  }

  async #sendBody(body: BodyStream, isChunked: boolean): Promise<void> {
    this.#leave = () => body.cancel();
    if (this.#gone.signal.aborted) this.#leave();
    try {
      for (let bytes = await body.next(); bytes; bytes = await body.next()) {
        if (bytes.length > 0) await this.#write(isChunked ? chunk(bytes) : bytes);
      }
      if (isChunked) await this.#write(encoder.encode("0\r\n\r\n"));
    } catch (error) {
      body.cancel();
      throw error;
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

function cancelBody({ body }: ServerAnswer): void {
  if (!(body instanceof Uint8Array)) body?.cancel();
}

function chunk(bytes: Uint8Array): Uint8Array {
  return concatenated([encoder.encode(`${bytes.length.toString(16)}\r\n`), bytes, CRLF]);
}
