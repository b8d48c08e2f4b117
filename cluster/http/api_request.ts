/**
 * Requests to `/api/v1/…` as Mesos reads them: media types and bodies.
 *
 * @see src/master/http.cpp and src/slave/http.cpp in Mesos
 * @module
 */

import { type Codec, JSON_TYPE, type MediaType, PROTOBUF } from "../../mesos/wire/codec.ts";
import { badRequest, textResponse } from "./http_responses.ts";
import { asError } from "../../support/reason.ts";

/** Larger than any call of ours; a longer body is refused. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** The body of a request, or the error response if it is too long. */
export async function readBody(request: Request): Promise<Uint8Array | Response> {
  if (Number(request.headers.get("Content-Length") ?? NaN) <= MAX_BODY_BYTES) {
    return await request.bytes();
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return textResponse(413, "413 Request Entity Too Large.");
  }
  const body = new Uint8Array(bytes);
  let filled = 0;
  for (const chunk of chunks) {
    body.set(chunk, filled);
    filled += chunk.length;
  }
  return body;
}

/** Reads a body that must be declared as JSON, which no form of a web page can do. */
export async function readJsonBody(request: Request): Promise<Uint8Array | Response> {
  return request.headers.get("Content-Type") === JSON_TYPE
    ? await readBody(request)
    : textResponse(415, `Expecting 'Content-Type' of ${JSON_TYPE}`);
}

export async function readCall<Call>(
  request: Request,
  codec: Codec<Call>,
): Promise<Call | Response> {
  const body = await readBody(request);
  if (body instanceof Response) return body;
  switch (request.headers.get("Content-Type")) {
    case null:
      return badRequest("Expecting 'Content-Type' to be present");
    case PROTOBUF:
      return decode(() => codec.decode(body, PROTOBUF), "Failed to parse body into Call protobuf");
    case JSON_TYPE:
      return decodeJson(body, codec);
    default:
      return textResponse(415, `Expecting 'Content-Type' of ${JSON_TYPE} or ${PROTOBUF}`);
  }
}

function decode<Call>(decoder: () => Call, complaint: string): Call | Response {
  try {
    return decoder();
  } catch {
    return badRequest(complaint);
  }
}

function decodeJson<Call>(body: Uint8Array, codec: Codec<Call>): Call | Response {
  try {
    JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    return badRequest(`Failed to parse body into JSON: ${asError(error).message}`);
  }
  try {
    return codec.decode(body, JSON_TYPE);
  } catch (error) {
    const { cause } = asError(error);
    const reason = cause instanceof Error ? cause.message : String(error);
    return badRequest(`Failed to convert JSON into Call protobuf: ${reason}`);
  }
}

/** The media type of the response, or the error response if the caller accepts neither. */
export function negotiate(request: Request): MediaType | Response {
  const accept = request.headers.get("Accept");
  for (const mediaType of [JSON_TYPE, PROTOBUF] as const) {
    if (accept === null || accepts(accept, mediaType)) return mediaType;
  }
  return textResponse(406, `Expecting 'Accept' to allow '${PROTOBUF}' or '${JSON_TYPE}'`);
}

function accepts(accept: string, mediaType: MediaType): boolean {
  const ranges = accept.toLowerCase().split(",").map((range) => range.split(";")[0]?.trim());
  return [mediaType, `${mediaType.split("/")[0]}/*`, "*/*"].some((type) => ranges.includes(type));
}
