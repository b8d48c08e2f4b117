/**
 * HTTP answers as libprocess writes them.
 *
 * @see 3rdparty/libprocess/include/process/http.hpp in Mesos
 * @module
 */

import type { ServerAnswer } from "../../http/request_handler.ts";

/** The version that every Mesos process reports. */
export const MESOS_VERSION = "1.12.0";

const TEXT = { "Content-Type": "text/plain; charset=utf-8" };

const encoder = new TextEncoder();

export const OK: ServerAnswer = { status: 200 };

export const ACCEPTED: ServerAnswer = { status: 202 };

export function jsonAnswer(value: unknown): ServerAnswer {
  const headers = { "Content-Type": "application/json" };
  return { status: 200, headers, body: encoder.encode(JSON.stringify(value)) };
}

/** Thrown by what handles a request, which is answered with it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly answer: ServerAnswer;

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text);
    this.answer = { status, headers: { ...TEXT, ...headers }, body: encoder.encode(text) };
  }
}

export function badRequest(text: string): Refusal {
  return new Refusal(400, text);
}

export function unauthorized(challenge: string): Refusal {
  return new Refusal(401, "401 Unauthorized.", { "WWW-Authenticate": challenge });
}

export function notFound(text = "404 Not Found."): Refusal {
  return new Refusal(404, text);
}

export function notImplemented(): Refusal {
  return new Refusal(501, "501 Not Implemented.");
}
