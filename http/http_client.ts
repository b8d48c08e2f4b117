/**
 * Requests over HTTP/1.1, on TCP, TLS or a Unix socket: connections are kept, answers streamed.
 *
 * No request is ever sent twice: a missing answer is an error, and its caller knows what repeating
 * would do. `fetch` and `node:http` of Deno repeat requests by themselves; see docs/adr/0006.
 *
 * @module
 */

import { reasonOf } from "../support/reason.ts";
import { HttpConnection } from "./http_connection.ts";
import type { HttpAnswerHead } from "./http_message.ts";
import { IdleTimer } from "./idle_timer.ts";

/** For how long an unused connection is kept: shorter than servers usually do. */
const KEPT_MS = 4_000;

/** How much of the body of an error is worth showing. */
const MAX_SHOWN_BYTES = 4096;

/** The server could not be reached, or the connection broke, fell silent or spoke no HTTP. */
export class HttpConnectionError extends Error {
  /** The name of this class. */
  override readonly name = "HttpConnectionError";
  /** Networks recover. */
  readonly retryable = true;
  /** What has happened, for messages that name the server themselves. */
  readonly state: string;

  /**
   * An error that names the server.
   *
   * @param url Whom we asked.
   * @param state What has happened.
   */
  constructor(url: URL, state: string, options?: ErrorOptions) {
    super(`Cannot reach ${url.origin}: ${state}`, options);
    this.state = state;
  }
}

/** Where the client connects to, and whom it trusts. */
export interface HttpClientOptions {
  /** PEM certificates to trust besides the usual ones. */
  caCertificates?: string | undefined;
  /** Connect to this Unix socket, whatever the URL says. */
  socketPath?: string | undefined;
}

/** A request. */
export interface HttpRequest {
  /** The method. */
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Header name → value. @default {{}} */
  headers?: Readonly<Record<string, string>>;
  /** The body of a POST. */
  body?: Uint8Array;
  /** Ends the request and the stream of its answer. */
  signal?: AbortSignal;
  /** How long the server may be silent while something of it is expected; without end by default. */
  idleTimeoutMs?: number;
  /** Use a connection of its own, as a subscription must. */
  dedicated?: boolean;
}

/** The head of an answer, and its body as it comes. */
export interface HttpAnswer {
  /** The HTTP status. */
  status: number;
  /** What goes with it, as in `Not Found`. */
  statusText: string;
  /** Lower-case header name → value. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Our own address on the connection; undefined on a Unix socket. */
  localAddress: string | undefined;
  /** The body; must be read to its end, or begun and left by `break`. */
  body: AsyncIterable<Uint8Array>;
}

/** What sends requests. */
export interface HttpTransport {
  /** See {@linkcode HttpClient.request}. */
  request(url: URL, request: HttpRequest): Promise<HttpAnswer>;
  /** Ends all requests, and resolves when nothing of them is left. */
  close(): Promise<void>;
}

/** Sends requests. Owns its connections until `close`. */
export class HttpClient implements HttpTransport, AsyncDisposable {
  readonly #options: HttpClientOptions;
  /** Connections that can be used again, by origin. */
  readonly #kept = new Map<string, Set<HttpConnection>>();
  readonly #exchanges = new Set<Exchange>();
  readonly #underWay = new Set<Promise<void>>();
  #closed: DOMException | undefined;

  /**
   * A client without connections; they are made when needed.
   *
   * @param options Socket and CA.
   */
  constructor(options: HttpClientOptions = {}) {
    this.#options = options;
  }

  /**
   * Sends a request and resolves as soon as the head of the answer is there. Redirects are not
   * followed.
   *
   * @throws {HttpConnectionError} when no connection can be made, or no answer arrives.
   * @throws {Error} the reason of the signal.
   */
  request(url: URL, request: HttpRequest): Promise<HttpAnswer> {
    const answer = this.#request(url, request);
    const settled = answer.then(() => {}, () => {}).finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
    return answer;
  }

  /** Closes all connections; requests under way fail. Resolves when nothing is left. Idempotent. */
  async close(): Promise<void> {
    const reason = this.#closed ??= new DOMException("the client was closed", "AbortError");
    for (const exchange of this.#exchanges) exchange.fail(reason);
    for (const kept of this.#kept.values()) {
      for (const connection of kept) drop(kept, connection);
    }
    await Promise.all(this.#underWay);
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #request(url: URL, request: HttpRequest): Promise<HttpAnswer> {
    const exchange = new Exchange(url, request, () => this.#exchanges.delete(exchange));
    this.#exchanges.add(exchange);
    try {
      if (this.#closed) exchange.fail(this.#closed);
      exchange.throwIfFailed();
      const kept = request.dedicated ? undefined : this.#take(url.origin);
      const connection = await exchange.connect(kept, this.#options);
      const head = await exchange.begin(connection);
      const { status, statusText, headers } = head;
      const mayKeep = head.keepsAlive && !request.dedicated;
      const ended = () => mayKeep ? this.#keep(url.origin, connection) : connection.close();
      const body = exchange.body(connection, head, ended);
      // There is nothing to wait for, and not every caller looks.
      if (head.framing === 0) await body.next();
      return { status, statusText, headers, localAddress: connection.localAddress, body };
    } catch (error) {
      exchange.end();
      throw exchange.error(error);
    }
  }

  #take(origin: string): HttpConnection | undefined {
    const kept = this.#kept.get(origin);
    const [connection] = kept ?? [];
    if (connection) kept?.delete(connection);
    return connection;
  }

  /** Keeps a connection until it is taken, ended by the server, or has been unused for long. */
  #keep(origin: string, connection: HttpConnection): void {
    if (this.#closed || !connection.isWritten) return connection.close();
    const kept = this.#kept.get(origin) ?? new Set();
    this.#kept.set(origin, kept.add(connection));
    connection.idle.onSilence = () => drop(kept, connection);
    connection.idle.watch(KEPT_MS);
    connection.readAhead().then(() => drop(kept, connection));
  }
}

/** Closes a connection, unless it was taken. */
function drop(kept: Set<HttpConnection>, connection: HttpConnection): void {
  if (kept.delete(connection)) connection.close();
}

/** One request and its answer. */
class Exchange {
  readonly #url: URL;
  readonly #request: HttpRequest;
  readonly #ended: () => void;
  #connection: HttpConnection | undefined;
  /** Ends an attempt to connect. */
  #connecting: AbortController | undefined;
  #failure: { readonly reason: unknown } | undefined;
  readonly #aborted = () => this.fail(this.#request.signal?.reason);

  constructor(url: URL, request: HttpRequest, ended: () => void) {
    this.#url = url;
    this.#request = request;
    this.#ended = ended;
    request.signal?.addEventListener("abort", this.#aborted);
    if (request.signal?.aborted) this.#aborted();
  }

  /** Ends it, with this as the error. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#connecting?.abort(reason);
    this.#connection?.close();
  }

  throwIfFailed(): void {
    if (this.#failure) throw this.#failure.reason;
  }

  /** The connection to use: the kept one, or a new one. */
  async connect(
    kept: HttpConnection | undefined,
    options: HttpClientOptions,
  ): Promise<HttpConnection> {
    const onSilence = (timeoutMs: number) =>
      this.fail(this.#error(`nothing came for ${timeoutMs} ms`));
    const idle = kept?.idle ?? new IdleTimer(onSilence);
    idle.onSilence = onSilence;
    idle.watch(this.#request.idleTimeoutMs);
    this.#connection = kept ?? await this.#open(idle, options);
    this.throwIfFailed();
    return this.#connection;
  }

  async #open(idle: IdleTimer, options: HttpClientOptions): Promise<HttpConnection> {
    this.#connecting = new AbortController();
    try {
      const { signal } = this.#connecting;
      return await HttpConnection.open(this.#url, { ...options, idle, signal });
    } catch (error) {
      idle.end();
      throw error;
    }
  }

  async begin(connection: HttpConnection): Promise<HttpAnswerHead> {
    const { method, headers = {}, body = new Uint8Array() } = this.#request;
    return await connection.exchange({ method, url: this.#url, headers }, body);
  }

  async *body(
    connection: HttpConnection,
    head: HttpAnswerHead,
    ended: () => void,
  ): AsyncGenerator<Uint8Array> {
    let isWhole = false;
    try {
      connection.idle.restart();
      for await (const bytes of connection.body(head)) {
        // The time that the reader takes does not count as silence of the server.
        connection.idle.stop();
        yield bytes;
        connection.idle.restart();
      }
      isWhole = true;
    } catch (error) {
      throw this.error(error);
    } finally {
      this.#release();
      if (isWhole) ended();
      else connection.close();
    }
  }

  end(): void {
    this.#release();
    this.#connection?.close();
  }

  /** What ended it says why; the error that this causes says only that it did. */
  error(error: unknown): Error {
    const cause = this.#failure ? this.#failure.reason : error;
    const isOurs = cause instanceof Error && !(cause instanceof DOMException);
    if (this.#failure && isOurs) return cause;
    return cause instanceof HttpConnectionError ? cause : this.#error(reasonOf(cause), cause);
  }

  #release(): void {
    this.#connection?.idle.stop();
    this.#request.signal?.removeEventListener("abort", this.#aborted);
    this.#ended();
  }

  #error(state: string, cause?: unknown): HttpConnectionError {
    return new HttpConnectionError(this.#url, state, { cause });
  }
}

/** The beginning of a body as text; the connection is given up if there is more. */
export async function beginningOf(
  body: AsyncIterable<Uint8Array>,
  maxBytes = MAX_SHOWN_BYTES,
): Promise<string> {
  // Most answers have no body.
  let decoder: TextDecoder | undefined;
  let text = "";
  let left = maxBytes;
  for await (const bytes of body) {
    decoder ??= new TextDecoder();
    text += decoder.decode(bytes.subarray(0, left), { stream: true });
    left -= bytes.length;
    if (left < 0) break;
  }
  return text;
}
