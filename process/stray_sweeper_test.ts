import { assertEquals } from "@std/assert";
import { gatherMs } from "./stray_sweeper.ts";

Deno.test("gatherMs() gives sweeps a twentieth of the time, within bounds", () => {
  assertEquals([0, 5, 50, 1e6].map(gatherMs), [200, 200, 1000, 5000]);
});
