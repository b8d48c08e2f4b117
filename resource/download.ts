/**
 * Downloads a stored user script over HTTP or from a file to a local file: bounded,
 * retried after transient errors, and verified before use.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { getLogger } from "../support/log.ts";
import { DEFAULT_ARCHIVE_LIMITS } from "./archive_limits.ts";
import { Digester } from "./digester.ts";
import { reasonOf, UserScriptError } from "./resource_errors.ts";
import {
  beginningOf,
  type HttpAnswer,
  HttpClient,
  HttpConnectionError,
} from "../http/http_client.ts";
import { MAX_REDIRECTS, placeOf, redirectTarget } from "../http/redirect.ts";

const logger = getLogger("resource");

const IDLE_TIMEOUT_MS = 60_000;
/** Request Timeout and Too Many Requests: the only transient errors below 500. */
const PASSING_ERRORS: ReadonlySet<number> = new Set([408, 429]);

/** How much of an error's body to show. */
const SHOWN_BODY_BYTES = 300;

/** Limits, timeouts and retries of a download. */
export interface DownloadOptions {
  /** The largest content to accept. @default {DEFAULT_ARCHIVE_LIMITS.maxArchiveBytes} */
  maxBytes?: number;
  /** How long an attempt may receive no data before it fails. @default {60000} */
  idleTimeoutMs?: number;
  /** The delay before each retry; an empty list disables retries. @default {[500, 1000, …]} */
  retryDelaysMs?: readonly number[];
  /** Aborts the download. */
  signal?: AbortSignal;
}

/** The expected digests of a content, in lower-case hexadecimal digits. */
export interface ExpectedDigests {
  /** MD5. */
  md5: string;
  /** SHA-256, if known. */
  sha256?: string | undefined;
}

/** The URL as it may be logged: without a signature or a password. */
function shown({ protocol, host, pathname, search }: URL): string {
  return `${protocol}//${host}${pathname}${search && "?…"}`;
}

/** One download with its retries. */
class Download {
  readonly #url: URL;
  readonly #expected: ExpectedDigests;
  readonly #options: Required<DownloadOptions>;
  readonly #client = new HttpClient();

  constructor(url: URL, expected: ExpectedDigests, options: DownloadOptions) {
    this.#url = url;
    this.#expected = expected;
    this.#options = {
      maxBytes: options.maxBytes ?? DEFAULT_ARCHIVE_LIMITS.maxArchiveBytes,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      retryDelaysMs: options.retryDelaysMs ?? [500, 1000, 2000, 4000, 8000],
      signal: options.signal ?? new AbortController().signal,
    };
  }

  async to(file: string): Promise<void> {
    const { retryDelaysMs, signal } = this.#options;
    for (const delayMs of retryDelaysMs) {
      try {
        return await this.#attempt(file);
      } catch (error) {
        if (!(error instanceof UserScriptError && error.retryable)) throw error;
        logger.warn("{error}; retrying", { error });
      }
      // Nodes that failed together must not retry together.
      const jitteredMs = delayMs * (0.5 + Math.random() / 2);
      await sleep(jitteredMs, undefined, { signal }).catch(() => this.#throwIfAborted());
    }
    await this.#attempt(file);
  }

  async #attempt(file: string): Promise<void> {
    this.#throwIfAborted();
    const digester = new Digester();
    try {
      const content = await this.#open();
      const stream = ReadableStream.from(digester.pass(this.#bounded(content)));
      await Deno.writeFile(file, stream);
      const { md5, sha256 } = digester.digests();
      this.#check("MD5", md5, this.#expected.md5);
      this.#check("SHA-256", sha256, this.#expected.sha256 ?? sha256);
    } catch (error) {
      await Deno.remove(file).catch(() => {}); // the file may not exist yet
      this.#throwIfAborted();
      throw error instanceof UserScriptError
        ? error
        : this.#error(reasonOf(error), { cause: error });
    }
  }

  async #open(): Promise<AsyncIterable<Uint8Array>> {
    if (this.#url.protocol === "file:") return await this.#openFile(fileURLToPath(this.#url));
    const answer = await this.#follow();
    const { status, statusText, headers, body } = answer;
    if (status !== 200) {
      const text = await saidBy(body);
      const state = `HTTP ${status} ${statusText}${text && `: ${text}`}`;
      throw this.#error(state, { retryable: status >= 500 || PASSING_ERRORS.has(status) });
    }
    if (Number(headers["content-length"] ?? 0) > this.#options.maxBytes) {
      await saidBy(body);
      throw this.#tooLarge();
    }
    return this.#network(body);
  }

  /** Follows redirects, but only to the same server: the URL may be a credential. */
  async #follow(): Promise<HttpAnswer> {
    const { idleTimeoutMs, signal } = this.#options;
    let url = this.#url;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await this.#client.request(url, {
        method: "GET",
        headers: { "Accept-Encoding": "identity" },
        idleTimeoutMs,
        signal,
        dedicated: true,
      }).catch((cause) => {
        throw this.#networkError(cause);
      });
      const next = redirectTarget(url, answer);
      if (next === undefined) return answer;
      await saidBy(answer.body);
      if (next?.origin !== url.origin) {
        throw this.#error(
          `it redirects to another server, ${placeOf(next)}, which is not followed`,
        );
      }
      url = next;
    }
    throw this.#error(`it redirects more than ${MAX_REDIRECTS} times`);
  }

  async *#network(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (cause) {
      throw this.#networkError(cause);
    }
  }

  async *#bounded(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > this.#options.maxBytes) throw this.#tooLarge();
      yield chunk;
    }
  }

  /** Opens only regular files: a device may be endless, and opening a pipe may block for ever. */
  async #openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw this.#error("it is not a regular file");
    if (size > this.#options.maxBytes) throw this.#tooLarge();
    return (await Deno.open(path)).readable;
  }

  #check(name: string, actual: string, expected: string): void {
    if (actual !== expected) throw this.#error(`its ${name} is ${actual}, expected ${expected}`);
  }

  #throwIfAborted(): void {
    const { aborted, reason } = this.#options.signal;
    if (aborted) throw this.#error(reasonOf(reason), { cause: reason });
  }

  #tooLarge(): UserScriptError {
    return this.#error(`it is larger than ${this.#options.maxBytes} bytes`);
  }

  #networkError(cause: unknown): UserScriptError {
    const state = cause instanceof HttpConnectionError ? cause.state : reasonOf(cause);
    return this.#error(state, { cause, retryable: true });
  }

  #error(state: string, options: ErrorOptions & { retryable?: boolean } = {}): UserScriptError {
    const path = shown(this.#url);
    const message = `Cannot download user script ${path}: ${state}`;
    return new UserScriptError(message, { path, ...options });
  }
}

/** The beginning of a body, on one line. */
async function saidBy(body: AsyncIterable<Uint8Array>): Promise<string> {
  // The status is more useful than a broken connection.
  const text = await beginningOf(body, SHOWN_BODY_BYTES).catch(() => "");
  return text.replaceAll(/\s+/g, " ").trim();
}

const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "file:"]);

/**
 * Downloads a URL of scheme http, https or file to a local file, which exists only if its
 * digests match. Transient errors, broken connections and timeouts are retried.
 *
 * @throws {UserScriptError} that names the URL and the reason.
 */
export async function download(
  url: string,
  file: string,
  options: DownloadOptions & { expected: ExpectedDigests },
): Promise<void> {
  const parsed = URL.parse(url);
  if (!parsed || !SCHEMES.has(parsed.protocol)) {
    const shownUrl = parsed ? shown(parsed) : JSON.stringify(url);
    const message = `Cannot download user script ${shownUrl}: it is not an http, https or file URL`;
    throw new UserScriptError(message, { path: shownUrl });
  }
  await new Download(parsed, options.expected, options).to(file);
}
