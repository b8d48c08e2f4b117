/**
 * POST over HTTP, HTTPS or HTTP on a Unix socket, with kept connections and streamed answers.
 *
 * Built on `node:http`: `fetch` refuses the ports that the Fetch standard calls bad, on which a
 * Mesos may well listen, and can't be told a local socket and a private CA in the same way.
 *
 * @module
 */

import http from "node:http";
import https from "node:https";
import { MesosConnectionError, MesosHttpError } from "../mesos_errors.ts";

/** Enough for acknowledgements to travel beside the ordered calls. */
const MAX_CONNECTIONS = 8;

/** How much of an error's body is worth showing. */
const MAX_ERROR_BODY_BYTES = 4096;

/** Where the client connects to, and whom it trusts. */
export interface HttpClientOptions {
  /** PEM certificates to trust instead of the system's. */
  caCertificates?: string | undefined;
  /** Connect to this Unix socket, whatever the URL says. */
  socketPath?: string | undefined;
}

/** A body and what goes with it. */
export interface HttpPost {
  /** Header name → value. */
  headers: Readonly<Record<string, string>>;
  /** The body. */
  body: Uint8Array;
  /** Ends the request and the stream of its answer. */
  signal: AbortSignal;
}

/** The head of an answer, and its body as it comes. */
export interface HttpAnswer {
  /** The HTTP status. */
  status: number;
  /** Lower-case header name → value. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Our own address on the connection; undefined on a Unix socket. */
  localAddress: string | undefined;
  /** The body; must be read to its end or left by `break`. */
  body: AsyncIterable<Uint8Array>;
}

/** Sends POST requests. Owns its connections until `close`. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #http = new http.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  readonly #https: https.Agent;

  /**
   * A client without connections; they are made when needed.
   *
   * @param options Socket and CA.
   */
  constructor(options: HttpClientOptions = {}) {
    this.#options = options;
    this.#https = new https.Agent({
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS,
      ...(options.caCertificates ? { ca: options.caCertificates } : {}),
    });
  }

  /**
   * Sends a request and resolves as soon as the head of the answer is there.
   *
   * @param options.dedicated Use a connection of its own, as a subscription must.
   * @throws {MesosConnectionError} when there is no connection, or no answer on it.
   */
  post(
    url: URL,
    { headers, body, signal, dedicated = false }: HttpPost & { dedicated?: boolean },
  ): Promise<HttpAnswer> {
    const secure = url.protocol === "https:";
    return new Promise((resolve, reject) => {
      const fail = (cause: Error) => reject(connectionError(url, cause, signal));
      if (signal.aborted) return fail(abortError(signal));
      const request = (secure ? https : http).request(url, {
        method: "POST",
        headers: { ...headers, "Content-Length": body.length },
        agent: dedicated ? false : secure ? this.#https : this.#http,
        signal,
        ...(this.#options.socketPath ? { socketPath: this.#options.socketPath } : {}),
        ...(secure && this.#options.caCertificates ? { ca: this.#options.caCertificates } : {}),
      });
      request.once("error", fail);
      request.once("response", (answer) => {
        request.off("error", fail);
        // A later error also ends the body, where it is reported.
        request.on("error", () => {});
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers as Record<string, string | undefined>,
          localAddress: answer.socket?.localAddress,
          body: streamed(url, answer, signal),
        });
      });
      request.end(body);
    });
  }

  /** Closes all connections. Requests under way fail. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("aborted");
}

/** An abort says why it was made; the error that it causes says only that it was. */
function connectionError(url: URL, cause: Error, signal: AbortSignal): Error {
  const reason = signal.aborted ? abortError(signal) : cause;
  if (reason instanceof MesosHttpError || reason instanceof MesosConnectionError) return reason;
  return new MesosConnectionError(`Cannot reach ${url.origin}: ${reason.message}`, { cause });
}

async function* streamed(
  url: URL,
  answer: http.IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of answer) yield chunk as Uint8Array;
  } catch (error) {
    throw connectionError(url, error as Error, signal);
  }
}

/** The beginning of a body as text; the connection is given up if there is more. */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_ERROR_BODY_BYTES) break;
  }
  const text = new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer());
  return text.slice(0, MAX_ERROR_BODY_BYTES);
}
