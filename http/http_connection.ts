/**
 * One HTTP/1.1 connection, for one request after the other.
 *
 * ```text
 *  open ──► exchange ──► body ──► exchange ──► …      any error, or an unread body ──► close
 * ```
 *
 * @module
 */

import { asError } from "../support/reason.ts";
import { ByteReader } from "./byte_reader.ts";
import { connectTcp } from "./connect_tcp.ts";
import {
  encodeRequest,
  type HttpAnswerHead,
  type HttpRequestHead,
  parseHead,
} from "./http_message.ts";
import type { IdleTimer } from "./idle_timer.ts";
import { MAX_HEAD_BYTES, readBody, readLines } from "./message_reader.ts";

/** How to connect. */
export interface ConnectOptions {
  /** PEM certificates to trust besides the usual ones. */
  readonly caCertificates?: string | undefined;
  /** Connect to this Unix socket, whatever the URL says. */
  readonly socketPath?: string | undefined;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  /** Watches the connection, and ends with it. */
  readonly idle: IdleTimer;
}

/** A connection. Its user closes it. */
export class HttpConnection {
  /** Our own address; undefined on a Unix socket. */
  readonly localAddress: string | undefined;
  /** Notices silence, of whatever is under way. */
  readonly idle: IdleTimer;
  readonly #connection: Deno.Conn<Deno.Addr>;
  readonly #reader: ByteReader;
  #isClosed = false;
  #isWritten = true;

  /** Connects to the host of a URL. */
  static async open(url: URL, options: ConnectOptions): Promise<HttpConnection> {
    const { socketPath, signal, idle } = options;
    if (socketPath !== undefined) {
      const connection = await Deno.connect({ transport: "unix", path: socketPath });
      return new HttpConnection(connection, idle);
    }
    const isSecure = url.protocol === "https:";
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
    const connection = await connectTcp({ hostname, port }, signal);
    const used = isSecure ? await secured(connection, hostname, options) : connection;
    return new HttpConnection(used, idle);
  }

  private constructor(connection: Deno.Conn<Deno.Addr>, idle: IdleTimer) {
    this.#connection = connection;
    this.idle = idle;
    this.#reader = new ByteReader(connection);
    const { localAddr } = connection;
    this.localAddress = "hostname" in localAddr
      ? localAddr.hostname.replace(/^::ffff:/, "")
      : undefined;
  }

  /** Whether the server has taken the last request as a whole. */
  get isWritten(): boolean {
    return this.#isWritten;
  }

  /**
   * Sends a request, and resolves as soon as the head of the answer is there.
   *
   * @throws {SyntaxError} when the answer is not HTTP or its heads are too long.
   */
  async exchange(request: HttpRequestHead, body: Uint8Array): Promise<HttpAnswerHead> {
    let writeError: unknown;
    // A server may answer, and close, before it has taken all of a request.
    this.#write(encodeRequest(request, body)).catch((error) => writeError = error);
    try {
      return await this.#readHead();
    } catch (error) {
      throw writeError ?? error;
    }
  }

  /** The body that follows a head; the connection can be used again after its end. */
  body({ framing }: HttpAnswerHead): AsyncGenerator<Uint8Array> {
    return readBody(this.#reader, framing);
  }

  /** Resolves when something comes without having been asked for: mostly, the end. */
  async readAhead(): Promise<void> {
    await this.#reader.readAhead();
  }

  /** Whatever is under way fails. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.idle.end();
    try {
      this.#connection.close();
    } catch {
      // The other side was faster.
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#isWritten = false;
    for (let written = 0; written < bytes.length;) {
      written += await this.#connection.write(bytes.subarray(written));
    }
    this.#isWritten = true;
  }

  async #readHead(): Promise<HttpAnswerHead> {
    // One budget for all: interim answers may come without end, too.
    const budget = { bytes: MAX_HEAD_BYTES };
    while (true) {
      const head = parseHead(await readLines(this.#reader, budget));
      if (head.status === 101) throw new SyntaxError("the server speaks another protocol");
      if (head.status >= 200) return head;
    }
  }
}

/** The server can't prove by its certificate that it is the one that was asked for. */
export class CertificateError extends Error {
  /** The name of this class. */
  override readonly name = "CertificateError";
  /** The certificate, or what is trusted here, has to be changed. */
  readonly retryable = false;

  /**
   * Describes the failure.
   *
   * @param reason Such as `UnknownIssuer`.
   */
  constructor(reason: string, options?: ErrorOptions) {
    super(`its certificate is not trusted (${reason})`, options);
  }
}

const CERTIFICATE_REGEXP = /invalid peer certificate: (.+)/;

async function secured(
  connection: Deno.TcpConn,
  hostname: string,
  { caCertificates, signal }: ConnectOptions,
): Promise<Deno.TlsConn> {
  const caCerts = caCertificates === undefined ? [] : [caCertificates];
  const secure = await Deno.startTls(connection, { hostname, caCerts });
  const close = () => secure.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    await secure.handshake();
    return secure;
  } catch (error) {
    if (!signal.aborted) secure.close();
    const [, reason] = CERTIFICATE_REGEXP.exec(asError(error).message) ?? [];
    throw reason === undefined ? error : new CertificateError(reason, { cause: error });
  } finally {
    signal.removeEventListener("abort", close);
  }
}
