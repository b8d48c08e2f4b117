import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lastLines } from "./last_lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("lastLines() gives whole lines", () => {
  assertEquals(lastLines(bytes(""), 4), "");
  assertEquals(lastLines(bytes("ab\ncd\n"), 6), "ab\ncd\n");
  assertEquals(lastLines(bytes("ab\ncd\n"), 5), "cd\n");
  assertEquals(lastLines(bytes("ab\ncd\n"), 3), "cd\n");
  assertEquals(lastLines(bytes("ab\ncd"), 4), "cd");
});

Deno.test("lastLines() gives the end of a line that is too long, in whole characters", () => {
  assertEquals(lastLines(bytes("abcdef"), 4), "cdef");
  assertEquals(lastLines(bytes("abcdef\n"), 4), "def\n");
  assertEquals(lastLines(bytes("aüö"), 3), "ö");
});

Deno.test("lastLines() gives valid UTF-8 of that size, whatever the bytes", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 40 }),
    fc.integer({ min: 4, max: 30 }),
    (input, maxBytes) => {
      const text = lastLines(input, maxBytes);
      const encoded = bytes(text);
      assert(encoded.length <= maxBytes && text.isWellFormed());
      assertEquals(text === "", input.length === 0);
    },
  ));
});
