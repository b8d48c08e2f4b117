import { assertEquals } from "@std/assert";
import { LogicHarness } from "../testing.ts";

Deno.test("a task that its agent has dropped is launched again, though the agent has forgotten to say so", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  // The master refuses a launch in words that an earlier copy of it may belie: that is asked about.
  harness.tell(taskId, "TASK_DROPPED", { reason: "REASON_INVALID_OFFERS" });
  assertEquals(harness.eventTypes(), []);
  harness.tell(taskId, "TASK_DROPPED", { reason: "REASON_RECONCILIATION" });
  assertEquals(harness.callTypes().includes("RECONCILE"), false);
  assertEquals(harness.eventTypes(), ["JOB_REQUEUED"]);
});
