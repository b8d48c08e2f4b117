/**
 * The head of a request, as a server reads it. Pure.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112
 * @module
 */

import { type Framing, parseHeaders } from "./http_message.ts";

/** What a request says before its body. */
export interface RequestHead {
  /** The method. */
  readonly method: string;
  /** Whom and what is asked. */
  readonly url: URL;
  /** Lower-case header name → value. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the body ends; 0: there is none. */
  readonly framing: Exclude<Framing, "close">;
  /** Whether the client expects to send further requests on the connection. */
  readonly keepsAlive: boolean;
  /** Whether the client knows chunks. */
  readonly knowsChunks: boolean;
  /** Whether the client waits until it is asked for the body. */
  readonly expectsContinue: boolean;
}

const REQUEST_LINE_REGEXP = /^([A-Z]{1,20}) (\S+) HTTP\/1\.([01])$/;

const HOST_REGEXP = /^[^\s/\\@?#]+$/;

/**
 * Reads the head of a request.
 *
 * @param lines Request line and headers, without the empty line.
 * @param origin Where the request came, for clients that do not say whom they ask.
 * @throws {SyntaxError} when it is none.
 */
export function parseRequestHead(lines: readonly string[], origin: URL): RequestHead {
  const [requestLine = "", ...headerLines] = lines;
  const [, method, target = "", minor] = REQUEST_LINE_REGEXP.exec(requestLine) ?? [];
  if (method === undefined) throw new SyntaxError("the request is not HTTP/1.1");
  const headers = parseHeaders(headerLines);
  const connection = headers["connection"]?.toLowerCase() ?? "";
  return {
    method,
    url: urlOf(target, headers["host"], origin),
    headers,
    framing: framingOf(headers),
    keepsAlive: minor === "1" && !/\bclose\b/.test(connection),
    knowsChunks: minor === "1",
    expectsContinue: headers["expect"]?.toLowerCase() === "100-continue",
  };
}

function urlOf(target: string, host: string | undefined, origin: URL): URL {
  if (host !== undefined && !HOST_REGEXP.test(host)) throw new SyntaxError("Host is malformed");
  const base = host === undefined ? origin.origin : `${origin.protocol}//${host}`;
  const url = URL.parse(target.startsWith("/") ? base + target : target);
  if (!url || !/^https?:$/.test(url.protocol)) throw new SyntaxError("the target is malformed");
  return url;
}

function framingOf(headers: Readonly<Record<string, string>>): RequestHead["framing"] {
  const encoding = headers["transfer-encoding"];
  const length = headers["content-length"];
  if (encoding !== undefined) {
    // Both, or another encoding: two readers of the same bytes could see different requests.
    if (length === undefined && encoding.toLowerCase() === "chunked") return "chunked";
    throw new SyntaxError("the request has a transfer encoding other than chunked");
  }
  if (length === undefined) return 0;
  if (!/^\d+$/.test(length) || !Number.isSafeInteger(Number(length))) {
    throw new SyntaxError("the length of the request is not a number");
  }
  return Number(length);
}
