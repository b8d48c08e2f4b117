/**
 * Requests to `/api/v1/…` as Mesos reads them: media types and bodies.
 *
 * @see src/master/http.cpp and src/slave/http.cpp in Mesos
 * @module
 */

import type { z } from "zod";
import type { ServerRequest } from "../../http/request_handler.ts";
import { type Codec, JSON_TYPE, type MediaType, PROTOBUF } from "../../mesos/wire/codec.ts";
import { asError } from "../../support/reason.ts";
import { readJson } from "../protocol/agent_protocol.ts";
import { badRequest, Refusal } from "./http_responses.ts";

/** Larger than any call of ours; a longer body is refused. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

export async function readBody({ body }: ServerRequest): Promise<Uint8Array> {
  const bytes = await body.bytes(MAX_BODY_BYTES);
  if (!bytes) throw new Refusal(413, "413 Request Entity Too Large.");
  return bytes;
}

/** Reads a message that must be declared as JSON, which no form of a web page can do. */
export async function readMessage<T>(request: ServerRequest, schema: z.ZodType<T>): Promise<T> {
  if (request.headers["content-type"] !== JSON_TYPE) {
    throw new Refusal(415, `Expecting 'Content-Type' of ${JSON_TYPE}`);
  }
  const body = await readBody(request);
  return decode(() => readJson(body, schema), ({ message }) => message);
}

export async function readCall<Call>(request: ServerRequest, codec: Codec<Call>): Promise<Call> {
  const body = await readBody(request);
  switch (request.headers["content-type"]) {
    case undefined:
      throw badRequest("Expecting 'Content-Type' to be present");
    case PROTOBUF:
      return decode(
        () => codec.decode(body, PROTOBUF),
        () => "Failed to parse body into Call protobuf",
      );
    case JSON_TYPE:
      decode(
        () => JSON.parse(new TextDecoder().decode(body)),
        ({ message }) => `Failed to parse body into JSON: ${message}`,
      );
      return decode(
        () => codec.decode(body, JSON_TYPE),
        (error) =>
          `Failed to convert JSON into Call protobuf: ${asError(error.cause ?? error).message}`,
      );
    default:
      throw new Refusal(415, `Expecting 'Content-Type' of ${JSON_TYPE} or ${PROTOBUF}`);
  }
}

function decode<T>(decoder: () => T, complaint: (error: Error) => string): T {
  try {
    return decoder();
  } catch (error) {
    throw badRequest(complaint(asError(error)));
  }
}

/** The media type of the answer: one that the caller accepts. */
export function negotiate({ headers: { accept } }: ServerRequest): MediaType {
  const ranges = accept?.toLowerCase().split(",").map((range) => range.split(";")[0]?.trim());
  const mediaType = ([JSON_TYPE, PROTOBUF] as const).find((type) =>
    !ranges || [type, "application/*", "*/*"].some((each) => ranges.includes(each))
  );
  if (mediaType) return mediaType;
  throw new Refusal(406, `Expecting 'Accept' to allow '${PROTOBUF}' or '${JSON_TYPE}'`);
}
