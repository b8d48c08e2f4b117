import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeName, encodeName, isRawName } from "./raw_name.ts";

Deno.test("decodeName() and encodeName() are each other's reverse, for all bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
    assertEquals(encodeName(decodeName(bytes)), bytes);
  }));
});

Deno.test("decodeName() of UTF-8 is the text itself, and nothing is raw in it", () => {
  for (const name of ["größe", "基因", "💥", "", "\ufeffmark"]) {
    const decoded = decodeName(new TextEncoder().encode(name));
    assertEquals([decoded, isRawName(decoded)], [name, false]);
  }
});

Deno.test("decodeName() keeps the UTF-8 around bytes that are none", () => {
  const name = decodeName(Uint8Array.of(0x62, 0xff, 0xc3, 0xa9, 0xc3));
  assertEquals([name, isRawName(name)], ["b\udcffé\udcc3", true]);
});
