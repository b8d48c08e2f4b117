import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { z } from "zod";
import { ByteReader } from "../../http/byte_reader.ts";
import { RequestBody } from "../../http/request_body.ts";
import type { ServerRequest } from "../../http/request_handler.ts";
import { IdleTimer } from "../../http/idle_timer.ts";
import { JSON_TYPE, PROTOBUF } from "../../mesos/wire/codec.ts";
import { SYSTEM_CLOCK } from "../../support/clock.ts";
import { MEBIBYTE } from "../../support/units.ts";
import { MAX_BODY_BYTES, negotiate, readMessage } from "./api_request.ts";
import { Refusal } from "./http_responses.ts";

function requestOf(headers: Record<string, string>, source = ""): ServerRequest {
  let bytes = new TextEncoder().encode(source);
  const head = {
    method: "POST",
    url: new URL("http://host/"),
    headers,
    framing: "chunked" as const,
    keepsAlive: true,
    knowsChunks: true,
    expectsContinue: false,
  };
  const reader = new ByteReader({
    read: (buffer) => {
      const count = Math.min(bytes.length, buffer.length);
      buffer.set(bytes.subarray(0, count));
      bytes = bytes.subarray(count);
      return Promise.resolve(count === 0 ? null : count);
    },
  });
  const idle = new IdleTimer(() => {}, { ...SYSTEM_CLOCK, after: () => () => {} });
  const context = { idle, askForIt: () => Promise.resolve(), ended: () => {} };
  return { ...head, body: new RequestBody(reader, head, context), gone: AbortSignal.abort() };
}

/** A request whose body has no length in advance. */
function chunked(text: string): ServerRequest {
  const half = Math.ceil(text.length / 2);
  const chunks = [text.slice(0, half), text.slice(half), ""]
    .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
  return requestOf({ "content-type": JSON_TYPE }, chunks.join(""));
}

Deno.test("readMessage() reads what comes in chunks", async () => {
  const text = "x".repeat(2 * MEBIBYTE);
  assertEquals(await readMessage(chunked(JSON.stringify(text)), z.string()), text);
});

Deno.test("readMessage() gives up on what is longer than any call", async () => {
  const request = chunked("x".repeat(MAX_BODY_BYTES + 1));
  const refusal = await assertRejects(() => readMessage(request, z.string()), Refusal);
  assertEquals([refusal.answer.status, refusal.message], [413, "413 Request Entity Too Large."]);
});

const ACCEPTS: [string | undefined, string | number][] = [
  [undefined, JSON_TYPE],
  ["*/*", JSON_TYPE],
  ["application/*", JSON_TYPE],
  [PROTOBUF, PROTOBUF],
  [`${PROTOBUF}, ${JSON_TYPE};q=0.1`, JSON_TYPE],
  ["APPLICATION/JSON", JSON_TYPE],
  ["text/html", 406],
  ["text/*", 406],
  ["", 406],
];

for (const [accept, expected] of ACCEPTS) {
  Deno.test(`negotiate() makes ${expected} of Accept: ${accept}`, () => {
    const request = requestOf(accept === undefined ? {} : { accept });
    if (typeof expected === "string") assertEquals(negotiate(request), expected);
    else assertEquals(assertThrows(() => negotiate(request), Refusal).answer.status, expected);
  });
}
