/**
 * HTTP responses as libprocess writes them.
 *
 * @see 3rdparty/libprocess/include/process/http.hpp in Mesos
 * @module
 */

/** The version that every Mesos process reports. */
export const MESOS_VERSION = "1.12.0";

export function textResponse(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Response {
  return sized(body, status, { "Content-Type": "text/plain; charset=utf-8", ...headers });
}

/** With its length, as libprocess has it. */
function sized(text: string, status: number, headers: Record<string, string>): Response {
  const bytes = new TextEncoder().encode(text);
  return new Response(bytes, {
    status,
    headers: { ...headers, "Content-Length": String(bytes.length) },
  });
}

export function jsonResponse(value: unknown): Response {
  return sized(JSON.stringify(value), 200, { "Content-Type": "application/json" });
}

export function accepted(): Response {
  return new Response(null, { status: 202 });
}

export function badRequest(body: string): Response {
  return textResponse(400, body);
}

export function unauthorized(challenge: string): Response {
  return textResponse(401, "401 Unauthorized.", { "WWW-Authenticate": challenge });
}

export function notFound(body = "404 Not Found."): Response {
  return textResponse(404, body);
}

/** 405: a method other than the one expected. */
export function methodNotAllowed(allowed: string, received: string): Response {
  const body = `405 Method Not Allowed. Expecting one of { '${allowed}' }` +
    `, but received '${received}'.`;
  return textResponse(405, body, { Allow: allowed });
}

export function notImplemented(): Response {
  return textResponse(501, "501 Not Implemented.");
}

export function serviceUnavailable(body: string): Response {
  return textResponse(503, body);
}
