import { assertEquals } from "@std/assert";
import { findGarbledArgument } from "./garbled_argument.ts";

Deno.test("findGarbledArgument() tells bytes that were replaced from the character itself", () => {
  const encoder = new TextEncoder();
  const cases: [args: string[], commandLine: Uint8Array, expected: string | undefined][] = [
    [["größe"], new Uint8Array([0xff]), undefined],
    [["a", "b\ufffd"], encoder.encode("toil-mesos\0a\0b\ufffd\0"), undefined],
    [["a", "b\ufffd"], new Uint8Array([0x61, 0, 0x62, 0xff, 0]), "b\ufffd"],
  ];
  for (const [args, commandLine, expected] of cases) {
    assertEquals(findGarbledArgument(args, () => commandLine), expected);
  }
});
