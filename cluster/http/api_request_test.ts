import { assert, assertEquals } from "@std/assert";
import { MEBIBYTE } from "../../support/units.ts";
import { MAX_BODY_BYTES, negotiate, readJsonBody } from "./api_request.ts";
import { JSON_TYPE, PROTOBUF } from "../../mesos/wire/codec.ts";

const CHUNK = new Uint8Array(MEBIBYTE);

/** A request whose body has no length in advance. */
function chunked(chunks: number): Request {
  const body = ReadableStream.from(Array.from({ length: chunks }, () => CHUNK));
  const headers = { "Content-Type": JSON_TYPE };
  return new Request("http://host/", { method: "POST", headers, body });
}

Deno.test("readJsonBody() reads what comes in chunks", async () => {
  const body = await readJsonBody(chunked(2));
  assert(body instanceof Uint8Array);
  assertEquals(body.length, 2 * MEBIBYTE);
});

Deno.test("readJsonBody() gives up on what is longer than any call", async () => {
  const refusal = await readJsonBody(chunked(MAX_BODY_BYTES / MEBIBYTE + 1));
  assert(refusal instanceof Response);
  assertEquals([refusal.status, await refusal.text()], [413, "413 Request Entity Too Large."]);
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
    const headers = accept === undefined ? [] : [["Accept", accept] as [string, string]];
    const chosen = negotiate(new Request("http://host/", { headers }));
    assertEquals(chosen instanceof Response ? chosen.status : chosen, expected);
  });
}
