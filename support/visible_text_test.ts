import { assertEquals } from "@std/assert";
import { visible } from "./visible_text.ts";

Deno.test("visible() escapes what commands terminals and reorders lines, and nothing else", () => {
  assertEquals(visible("one\ttwo\n größe 基因 🧬"), "one\ttwo\n größe 基因 🧬");
  assertEquals(
    visible("\x1b[2J\x07\r\x7f\u009b2J\u202egpj\u2066\u200f\u2028\ufeff\ud800"),
    "\\u001b[2J\\u0007\\u000d\\u007f\\u009b2J\\u202egpj\\u2066\\u200f\\u2028\\ufeff\\ud800",
  );
});

Deno.test("visible() of JSON is JSON of the same value", () => {
  const value = { text: 'a\u009b\u202e\x7f\n"\\' };
  const json = visible(JSON.stringify(value));
  assertEquals(JSON.parse(json), value);
  assertEquals(json, '{"text":"a\\u009b\\u202e\\u007f\\n\\"\\\\"}');
});
