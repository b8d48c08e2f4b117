import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { decodeJson, encodeJson } from "./json.ts";

Deno.test("decodeJson() gives back the bytes that encodeJson() was given, of any kind", () => {
  const bytes = new Uint8Array([0, 1, 254, 255]);
  const value = { plain: bytes, node: Buffer.from(bytes), list: [bytes], text: "a", none: null };
  assertEquals(decodeJson(encodeJson(value)), { ...value, node: bytes });
});
