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

/** Connections that can be used again, each with the timer that ends it. */
type Kept = Map<HttpConnection, ReturnType<typeof setTimeout>>;

/** Sends requests. Owns its connections until `close`. */
export class HttpClient implements HttpTransport, AsyncDisposable {
  readonly #options: HttpClientOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #closed = new AbortController();

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
    this.#closed.abort(new DOMException("the client was closed", "AbortError"));
    for (const kept of this.#kept.values()) {
      for (const connection of kept.keys()) drop(kept, connection);
    }
    await Promise.all(this.#underWay);
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #request(url: URL, request: HttpRequest): Promise<HttpAnswer> {
    const exchange = new Exchange(url, request, this.#closed.signal);
    try {
      exchange.signal.throwIfAborted();
      const kept = request.dedicated ? undefined : this.#take(url.origin);
      const connection = kept ??
        await HttpConnection.open(url, { ...this.#options, signal: exchange.signal });
      const head = await exchange.begin(connection);
      const { status, statusText, headers } = head;
      const mayKeep = head.keepsAlive && !request.dedicated;
      const ended = () => mayKeep ? this.#keep(url.origin, connection) : connection.close();
      const body = exchange.body(head, ended);
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
    const [[connection, timer] = []] = kept ?? [];
    if (!connection) return undefined;
    kept?.delete(connection);
    clearTimeout(timer);
    return connection;
  }

  /** Keeps a connection until it is taken, ended by the server, or has been unused for long. */
  #keep(origin: string, connection: HttpConnection): void {
    if (this.#closed.signal.aborted || !connection.isWritten) return connection.close();
    const kept: Kept = this.#kept.get(origin) ?? new Map();
    this.#kept.set(origin, kept.set(connection, setTimeout(drop, KEPT_MS, kept, connection)));
    connection.readAhead().then(() => drop(kept, connection));
  }
}

/** Closes a connection, unless it was taken. */
function drop(kept: Kept, connection: HttpConnection): void {
  clearTimeout(kept.get(connection));
  if (kept.delete(connection)) connection.close();
}

/** One request and its answer. */
class Exchange {
  readonly #url: URL;
  readonly #request: HttpRequest;
  readonly #idle: IdleTimer;
  readonly #abort = new AbortController();
  /** Not `AbortSignal.any`: a client that lives long would hold what came of each request. */
  readonly #causes: readonly AbortSignal[];
  #connection: HttpConnection | undefined;
  readonly #aborted = ({ target }: { target: EventTarget | null }) => {
    this.#abort.abort(target instanceof AbortSignal ? target.reason : undefined);
    this.#connection?.close();
  };

  constructor(url: URL, request: HttpRequest, closed: AbortSignal) {
    this.#url = url;
    this.#request = request;
    this.#idle = new IdleTimer((timeoutMs) => this.#error(`nothing came for ${timeoutMs} ms`));
    this.#idle.watch(request.idleTimeoutMs);
    this.#causes = [closed, this.#idle.signal, ...(request.signal ? [request.signal] : [])];
    for (const cause of this.#causes) {
      if (cause.aborted) this.#aborted({ target: cause });
      else cause.addEventListener("abort", this.#aborted);
    }
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async begin(connection: HttpConnection): Promise<HttpAnswerHead> {
    this.#connection = connection;
    if (this.signal.aborted) connection.close();
    const { method, headers = {}, body = new Uint8Array() } = this.#request;
    return await connection.exchange({ method, url: this.#url, headers }, body);
  }

  async *body(head: HttpAnswerHead, ended: () => void): AsyncGenerator<Uint8Array> {
    let isWhole = false;
    try {
      this.#idle.restart();
      for await (const bytes of this.#connection?.body(head) ?? []) {
        // The time that the reader takes does not count as silence of the server.
        this.#idle.stop();
        yield bytes;
        this.#idle.restart();
      }
      isWhole = true;
    } catch (error) {
      throw this.error(error);
    } finally {
      this.#release();
      if (isWhole) ended();
      else this.#connection?.close();
    }
  }

  end(): void {
    this.#release();
    this.#connection?.close();
  }

  /** An abort says why it was made; the error that it causes says only that it was. */
  error(error: unknown): Error {
    const cause = this.signal.aborted ? this.signal.reason : error;
    const isOurs = cause instanceof Error && !(cause instanceof DOMException);
    if (this.signal.aborted && isOurs) return cause;
    return cause instanceof HttpConnectionError ? cause : this.#error(reasonOf(cause), cause);
  }

  #release(): void {
    this.#idle.stop();
    for (const cause of this.#causes) cause.removeEventListener("abort", this.#aborted);
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
  const decoder = new TextDecoder();
  let text = "";
  let left = maxBytes;
  for await (const bytes of body) {
    text += decoder.decode(bytes.subarray(0, left), { stream: true });
    left -= bytes.length;
    if (left < 0) break;
  }
  return text;
}
