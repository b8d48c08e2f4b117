import { assert, assertEquals } from "@std/assert";
import { nodeInfoMessage } from "../../job/node_info.ts";
import { LogicHarness, offer, SETTINGS, spec } from "../testing.ts";
import { allSigns, SILENCE_MS } from "./signs_of_life.ts";

/** A job runs on `a1`. */
function running(): { harness: LogicHarness; executorId: string } {
  const harness = new LogicHarness();
  harness.report(harness.launchOne(), "TASK_RUNNING");
  const [executor] = harness.state.executors.get("a1")?.values() ?? [];
  return { harness, executorId: executor?.executorId ?? "" };
}

function speak(harness: LogicHarness, executorId: string): void {
  const load = { coresUsed: 0, memoryUsed: 0, coresTotal: 1, memoryTotal: 1, workers: 1 };
  const message = nodeInfoMessage("ip-of-a1", load);
  harness.run({ type: "NODE_INFO", agentId: "a1", executorId, message });
}

function passUntil(harness: LogicHarness, type: string, limitMs: number): number {
  for (let passedMs = 1000; passedMs <= limitMs; passedMs += 1000) {
    harness.pass(1000);
    if (harness.eventTypes().some((each) => each === type)) return passedMs;
  }
  throw new Error(`no ${type} in ${limitMs} ms`);
}

Deno.test("an executor that is not heard is reported once, and its jobs are lost after the timeout", () => {
  const { harness, executorId } = running();
  assertEquals(passUntil(harness, "EXECUTOR_SILENT", 200_000), SILENCE_MS);
  assertEquals(passUntil(harness, "JOB_ENDED", 700_000), SETTINGS.unreachableTimeoutMs);
  assertEquals(harness.state.jobs.get(1)?.result?.exitReason, "LOST");
  const calls = harness.last?.calls ?? [];
  assertEquals(calls.flatMap(({ kill }) => kill?.task_id.value ?? []), ["1-1"]);
  assertEquals(calls.flatMap(({ shutdown }) => shutdown?.executor_id.value ?? []), [executorId]);
});

Deno.test("an executor that is heard, by a message or an update, is not silent", () => {
  const { harness, executorId } = running();
  for (let minute = 0; minute < 30; minute++) {
    harness.pass(60_000);
    if (minute % 2) speak(harness, executorId);
    else harness.report("1-1", "TASK_RUNNING");
  }
  harness.pass(SILENCE_MS - 1000);
  assertEquals(allSigns(harness.state.signs).some(({ silentSinceMs }) => silentSinceMs), false);
});

Deno.test("a silent executor gets no jobs until it is heard again", () => {
  const { harness, executorId } = running();
  harness.issue(spec());
  const executorIds = [executorId];
  harness.pass(SILENCE_MS);
  assertEquals(harness.offer(offer({ executorIds })), []);
  assertEquals(harness.offer(offer({ id: "o2", agentId: "a2" })).length, 1);
  speak(harness, executorId);
  assertEquals(harness.eventTypes(), ["EXECUTOR_HEARD"]);
  harness.issue(spec());
  assertEquals(harness.offer(offer({ id: "o3", executorIds })).length, 1);
});

Deno.test("nothing is expected of executors while there is no subscription", () => {
  const { harness } = running();
  harness.run({ type: "DISCONNECTED", reason: "r" });
  harness.pass(1_000_000);
  harness.subscribe();
  harness.pass(SILENCE_MS - 1000);
  assert(harness.taskOf(1));
  assertEquals(passUntil(harness, "EXECUTOR_SILENT", 2000), 1000);
});

Deno.test("silence is noticed after a restart, too", () => {
  const { harness } = running();
  harness.restart();
  harness.subscribe();
  assertEquals(passUntil(harness, "EXECUTOR_SILENT", 200_000), SILENCE_MS);
});

Deno.test("nothing is expected of an executor that has ended", () => {
  const { harness, executorId } = running();
  harness.run({ type: "EXECUTOR_LOST", agentId: "a1", executorId, status: 0 });
  assertEquals(harness.state.signs.size, 0);
});

Deno.test("nothing is expected of an executor that is not on its agent any more", () => {
  const { harness } = running();
  harness.pass(SILENCE_MS);
  harness.issue(spec());
  assertEquals(harness.offer(offer()).length, 1);
});

Deno.test("a job that a silent executor has not begun comes back when that has ended", () => {
  const { harness, executorId } = running();
  harness.issue(spec());
  harness.offer(offer({ executorIds: [executorId] }));
  harness.pass(SILENCE_MS + SETTINGS.unreachableTimeoutMs);
  assertEquals(harness.taskOf(2)?.phase, "LAUNCHING");
  harness.run({ type: "EXECUTOR_LOST", agentId: "a1", executorId, status: 9 });
  harness.report("2-1", "TASK_FAILED", {
    source: "SOURCE_AGENT",
    reason: "REASON_EXECUTOR_TERMINATED",
  });
  assertEquals(harness.eventTypes(), ["JOB_REQUEUED"]);
});

Deno.test("nothing is kept of executors that are not ours, and none of them is missed", () => {
  const { harness } = running();
  const { size } = harness.state.signs;
  for (let i = 0; i < 1_000; i++) speak(harness, `stranger-${i}`);
  assertEquals(harness.state.signs.size, size);
});
