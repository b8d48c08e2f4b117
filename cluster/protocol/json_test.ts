import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { fromJson, toJson } from "./json.ts";

Deno.test("fromJson() gives back the bytes that toJson() was given, of any kind", () => {
  const bytes = new Uint8Array([0, 1, 254, 255]);
  const value = { plain: bytes, node: Buffer.from(bytes), list: [bytes], text: "a", none: null };
  assertEquals(fromJson(toJson(value)), { ...value, node: bytes });
});
