/**
 * One GET over HTTP or HTTPS, whose body comes as it is read.
 *
 * Built on `node:http`: `fetch` refuses the ports that the Fetch standard calls bad, on which a
 * store may well listen.
 *
 * @module
 */

import http from "node:http";
import https from "node:https";

/** What an answer says before its body. */
export interface HttpAnswer {
  /** The status code. */
  status: number;
  /** What goes with it, as in `Not Found`. */
  statusText: string;
  /** Where a redirect leads. */
  location: string | undefined;
  /** Bytes of the body, where the server tells. */
  contentLength: number | undefined;
  /** The body. The connection is open until it has been read, or begun and left by `break`. */
  body: AsyncIterable<Uint8Array>;
}

/** Options of {@linkcode httpGet}. */
export interface HttpGetOptions {
  /** How long nothing may come before the server counts as gone. */
  idleTimeoutMs: number;
  /** Ends the request and its body. */
  signal: AbortSignal;
}

/** Aborts when nothing has happened for a while. */
class IdleTimer {
  readonly #controller = new AbortController();
  readonly #idleTimeoutMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(idleTimeoutMs: number) {
    this.#idleTimeoutMs = idleTimeoutMs;
    this.restart();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#controller.abort(new Error(`nothing came for ${this.#idleTimeoutMs} ms`));
    }, this.#idleTimeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function answerOf(message: http.IncomingMessage, body: AsyncIterable<Uint8Array>): HttpAnswer {
  const length = Number(message.headers["content-length"] ?? NaN);
  return {
    status: message.statusCode ?? 0,
    statusText: message.statusMessage ?? "",
    location: message.headers.location,
    contentLength: Number.isSafeInteger(length) ? length : undefined,
    body,
  };
}

/**
 * Asks, and resolves as soon as the head of the answer is there. Redirects are not followed.
 *
 * @throws {Error} of the network, now or from the body; the reason of the signal when it aborts.
 */
export function httpGet(url: URL, options: HttpGetOptions): Promise<HttpAnswer> {
  const timer = new IdleTimer(options.idleTimeoutMs);
  const signal = AbortSignal.any([options.signal, timer.signal]);
  const headers = { "accept-encoding": "identity" };
  const { get } = url.protocol === "https:" ? https : http;
  const request = get(url, { agent: false, headers, signal });

  async function* bodyOf(message: http.IncomingMessage): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of message) {
        timer.restart();
        yield chunk as Uint8Array;
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      timer.stop();
      request.destroy();
    }
  }

  return new Promise((resolve, reject) => {
    request.on("response", (message) => {
      timer.restart();
      resolve(answerOf(message, bodyOf(message)));
    });
    request.on("error", (error) => {
      timer.stop();
      reject(signal.aborted ? signal.reason : error);
    });
  });
}
