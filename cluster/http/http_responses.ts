/**
 * Answers as libprocess gives them.
 *
 * @see 3rdparty/libprocess/include/process/http.hpp in Mesos
 * @module
 */

/** What every Mesos process says of itself. */
export const MESOS_VERSION = "1.12.0";

/** A text with a status. */
export function textResponse(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Response {
  return new Response(body, {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8", ...headers },
  });
}

/** 200 with an object. */
export function jsonResponse(value: unknown): Response {
  return new Response(JSON.stringify(value), { headers: { "Content-Type": "application/json" } });
}

/** 202 without a body. */
export function accepted(): Response {
  return new Response(null, { status: 202 });
}

/** 400: the caller is wrong. */
export function badRequest(body: string): Response {
  return textResponse(400, body);
}

/** 401 with what would be accepted. */
export function unauthorized(challenge: string): Response {
  return textResponse(401, "401 Unauthorized.", { "WWW-Authenticate": challenge });
}

/** 404. */
export function notFound(body = "404 Not Found."): Response {
  return textResponse(404, body);
}

/** 405: a method other than the one expected. */
export function methodNotAllowed(allowed: string, received: string): Response {
  const body = `405 Method Not Allowed. Expecting one of { '${allowed}' }` +
    `, but received '${received}'.`;
  return textResponse(405, body, { Allow: allowed });
}

/** 501. */
export function notImplemented(): Response {
  return textResponse(501, "501 Not Implemented.");
}

/** 503: not yet. */
export function serviceUnavailable(body: string): Response {
  return textResponse(503, body);
}
