/**
 * HTTP/1.1 heads: requests to bytes, lines to answers, and the framing of an answer's body. Pure.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112
 * @module
 */

import { concatenated } from "../support/bytes.ts";

/** What is asked. */
export interface HttpRequestHead {
  /** The method. */
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Whom and what is asked. */
  readonly url: URL;
  /** Header name → value; `Host` and `Content-Length` are added. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What an answer says before its body. */
export interface HttpAnswerHead {
  /** The status code. */
  readonly status: number;
  /** What goes with it, as in `Not Found`. */
  readonly statusText: string;
  /** Lower-case header name → value; values of one name are joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Whether the server expects further requests on the connection. */
  readonly keepsAlive: boolean;
  /** Where the body ends. */
  readonly framing: Framing;
}

/** Where a body ends: after a number of bytes, after its last chunk, or with the connection. */
export type Framing = number | "chunked" | "close";

const STATUS_LINE_REGEXP = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;
const HEADER_REGEXP = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
const CONTROL_REGEXP = /[^\P{Cc}\t]/u;
const CHUNK_SIZE_REGEXP = /^([0-9a-f]{1,13})[ \t]*(?:;.*)?$/i;

/**
 * The bytes of a request.
 *
 * @throws {TypeError} when a header would end its line.
 */
export function encodeRequest({ method, url, headers }: HttpRequestHead, body: Uint8Array) {
  const all: Record<string, string> = { Host: url.host, ...basicAuthorization(url), ...headers };
  if (method === "POST") all["Content-Length"] = String(body.length);
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const fault = lines.find((line) => !HEADER_REGEXP.test(line) || CONTROL_REGEXP.test(line));
  if (fault !== undefined) {
    throw new TypeError(`Cannot send the header ${JSON.stringify(fault.split(":")[0])}`);
  }
  const text = [`${method} ${url.pathname}${url.search} HTTP/1.1`, ...lines, "", ""].join("\r\n");
  return concatenated([new TextEncoder().encode(text), body]);
}

/** What a URL with a user in it stands for. */
function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { Authorization: `Basic ${new TextEncoder().encode(text).toBase64()}` };
}

/**
 * Reads the head of an answer.
 *
 * @param lines Status line and headers, without the empty line.
 * @throws {SyntaxError} when it is none.
 */
export function parseHead(lines: readonly string[]): HttpAnswerHead {
  const [statusLine = "", ...headerLines] = lines;
  const [, minor, code, statusText = ""] = STATUS_LINE_REGEXP.exec(statusLine) ?? [];
  if (code === undefined) throw new SyntaxError("the answer is not HTTP/1.1");
  const headers = parseHeaders(headerLines);
  const connection = headers["connection"]?.toLowerCase() ?? "";
  const status = Number(code);
  const framing = framingOf(status, headers);
  return {
    status,
    statusText,
    headers,
    framing,
    keepsAlive: framing !== "close" && minor === "1" && !/\bclose\b/.test(connection),
  };
}

/**
 * Reads the lines of headers: lower-case name → value.
 *
 * @throws {SyntaxError} when one is malformed.
 */
export function parseHeaders(lines: readonly string[]): Record<string, string> {
  // Without a prototype: the names are the other side's.
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const [, name, value = ""] = HEADER_REGEXP.exec(line) ?? [];
    if (name === undefined || CONTROL_REGEXP.test(value)) {
      throw new SyntaxError("a header of the answer is malformed");
    }
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

function framingOf(status: number, headers: Record<string, string | undefined>): Framing {
  const encoding = headers["transfer-encoding"];
  const length = headers["content-length"];
  if (status < 200 || status === 204 || status === 304) return 0;
  if (encoding !== undefined) {
    // Both, or another encoding: two readers of the same bytes could see different answers.
    if (length === undefined && encoding.toLowerCase() === "chunked") return "chunked";
    throw new SyntaxError("the answer has a transfer encoding other than chunked");
  }
  if (length === undefined) return "close";
  if (!/^\d+$/.test(length) || !Number.isSafeInteger(Number(length))) {
    throw new SyntaxError("the length of the answer is not a number");
  }
  return Number(length);
}

/**
 * Reads the line before a chunk. Extensions are left alone.
 *
 * @throws {SyntaxError} when it is not a size.
 */
export function parseChunkSize(line: string): number {
  const [, digits] = CHUNK_SIZE_REGEXP.exec(line) ?? [];
  if (digits === undefined) throw new SyntaxError("a chunk has no size");
  return parseInt(digits, 16);
}
