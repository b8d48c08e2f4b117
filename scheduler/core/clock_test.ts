import { assert, assertEquals, assertGreater } from "@std/assert";
import { LogicHarness, offer, spec } from "../testing.ts";

const DAY_MS = 86_400_000;

/** One job that runs, one that can't be reached, one that waits. */
function threeJobs(): LogicHarness {
  const harness = new LogicHarness();
  harness.nowMs = 100 * DAY_MS;
  harness.subscribe();
  harness.issue(spec(), spec(), spec());
  harness.offer(offer({ cpus: 2 }));
  harness.report("1-1", "TASK_RUNNING");
  harness.report("2-1", "TASK_RUNNING");
  harness.tell("2-1", "TASK_UNREACHABLE");
  return harness;
}

for (const [name, ms] of [["back", -DAY_MS], ["forward", DAY_MS]] as const) {
  Deno.test(`a clock that was set ${name} between two lives gives up nothing, and no job takes no time`, () => {
    const harness = threeJobs();
    harness.nowMs += ms;
    harness.restart();
    harness.subscribe();
    harness.pass(10_000);
    assertEquals([...harness.state.undelivered], [], "nobody has waited for long");
    harness.tell("2-1", "TASK_RUNNING");
    for (const taskId of ["1-1", "2-1"]) harness.report(taskId, "TASK_FINISHED");
    for (const jobID of [1, 2]) {
      const result = harness.state.jobs.get(jobID)?.result;
      assertEquals(result?.exitReason, "FINISHED");
      assertGreater(result?.wallTimeSeconds, 0);
    }
    assertEquals(harness.offer(offer()).length, 1);
  });
}

Deno.test("what can't be reached is given up in time, whatever the clock was before", () => {
  const harness = threeJobs();
  harness.nowMs -= DAY_MS;
  harness.restart();
  harness.subscribe();
  harness.pass(600_000);
  assertEquals(harness.state.jobs.get(2)?.result?.exitReason, "LOST");
  assert(harness.taskOf(1));
});
