import { assert, assertEquals } from "@std/assert";
import { ProcessScanner } from "./process_scanner.ts";

Deno.test("ProcessScanner.scan() shares the reading that has not begun", async () => {
  const scanner = new ProcessScanner();
  const first = scanner.scan();
  assertEquals(scanner.scan() === first, true);
  await Promise.resolve();
  const second = scanner.scan();
  const third = scanner.scan();
  assertEquals(second === first, false);
  assertEquals(third === second, true);
  for (const table of await Promise.all([first, second])) {
    assert(table.some(({ pid }) => pid === Deno.pid));
  }
});
