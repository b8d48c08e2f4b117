import { assertEquals } from "@std/assert";
import { isHangUpIgnored } from "./hang_up.ts";

Deno.test("isHangUpIgnored() reads the signals that a process ignores", () => {
  const cases: [string | undefined, boolean][] = [
    ["SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000000\n", true],
    ["SigBlk:\t0000000000000001\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000000001\n", false],
    ["", false],
    [undefined, false],
  ];
  for (const [status, expected] of cases) assertEquals(isHangUpIgnored(() => status), expected);
});
