import { assertEquals } from "@std/assert";
import { LogicHarness, offer, shape, spec } from "../testing.ts";

/** What the first news of jobs that wait says is lacking. */
function lackAfter(prepare: (harness: LogicHarness) => void): unknown[] {
  const harness = new LogicHarness();
  harness.subscribe();
  prepare(harness);
  for (let passed = 0; passed < 60; passed++) {
    harness.pass(1000);
    for (const event of harness.last?.events ?? []) {
      if (event.type === "STARVING") return [event.lack];
    }
  }
  return [];
}

Deno.test("news of jobs that wait says what no node offers at all", () => {
  assertEquals(lackAfter((harness) => harness.issue(spec())), ["nodes"]);
  const large = spec({ shape: shape({ cpusMilli: 16_000 }) });
  assertEquals(
    lackAfter((harness) => {
      harness.issue(large);
      harness.offer(offer());
    }),
    [undefined],
  );
  const withGpu = spec({ shape: shape({ gpus: 1 }) });
  assertEquals(
    lackAfter((harness) => {
      harness.issue(withGpu);
      harness.offer(offer());
    }),
    ["gpus"],
  );
});
