import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PROTOBUF, schedulerCallCodec } from "../../mesos/wire/codec.ts";
import type { SchedulerRequest } from "../../mesos/scheduler.ts";
import { launched, LogicHarness, offer, shape, spec } from "../testing.ts";
import { MAX_ACCEPT_BYTES } from "./launch_sizes.ts";
import { MAX_LAUNCHES } from "./task_updates.ts";

/** A small job whose environment is of so many bytes. */
function heavy(bytes: number) {
  const small = shape({ cpusMilli: 1, memoryBytes: 0 });
  return spec({ shape: small, environment: { A: "x".repeat(bytes) } });
}

function encodedBytes(call: SchedulerRequest): number {
  return schedulerCallCodec.encode({ ...call, framework_id: { value: "f" } }, PROTOBUF).length;
}

function acceptOf({ last }: LogicHarness): SchedulerRequest {
  const accept = last?.calls.find(({ type }) => type === "ACCEPT");
  assert(accept);
  return accept;
}

Deno.test("800 jobs of 100 KB on one offer are launched in calls that are no larger than the bound", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(...Array.from({ length: 800 }, () => heavy(100_000)));
  const taskIds = new Set<string>();
  for (let i = 0; taskIds.size < 800; i++) {
    assert(i < 30, `${taskIds.size} launched`);
    for (const { task_id } of harness.offer(offer({ id: `o${i}` }))) taskIds.add(task_id.value);
    assert(encodedBytes(acceptOf(harness)) <= MAX_ACCEPT_BYTES);
    const isLast = taskIds.size === 800;
    // What is left of the offer is wanted at once.
    assertEquals(acceptOf(harness).accept?.filters?.refuse_seconds === 0, !isLast);
    assertEquals(
      harness.last?.wakeMs !== undefined || harness.callTypes().includes("REVIVE"),
      !isLast,
    );
  }
  assertEquals([...taskIds][0], "1-1");
  assertEquals([...taskIds][799], "800-1");
});

Deno.test("a job that fits no call ends as ERROR, and the others are launched", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(heavy(MAX_ACCEPT_BYTES), heavy(1));
  const tasks = harness.offer(offer());
  assertEquals(tasks.map(({ task_id }) => task_id.value), ["2-1"]);
  const ended = harness.last?.events.find(({ type }) => type === "JOB_ENDED");
  assert(ended?.type === "JOB_ENDED");
  assertEquals([ended.result.jobID, ended.result.exitReason], [1, "ERROR"]);
  assertStringIncludes(ended.result.message, "too large");
});

Deno.test("an offer of which nothing can be used since the job fits no call is declined", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(heavy(MAX_ACCEPT_BYTES));
  harness.offer(offer());
  assertEquals(harness.callTypes().includes("DECLINE"), true);
  assertEquals(harness.state.executors.size, 0);
});

Deno.test("a launch that is refused for its size is tried in ever smaller calls, down to one job", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(...Array.from({ length: 64 }, () => heavy(1000)));
  const sizes: number[] = [];
  const ended: number[] = [];
  for (let i = 0; ended.length === 0; i++) {
    sizes.push(harness.offer(offer({ id: `o${i}` })).length);
    const { calls, events } = harness.run({ type: "CALL_TOO_LARGE", call: acceptOf(harness) });
    // The refused call has not answered the offer.
    assertEquals(calls[0]?.decline?.offer_ids, [{ value: `o${i}` }]);
    for (const event of events) if (event.type === "JOB_ENDED") ended.push(event.result.jobID);
    assert(i < 20, String(sizes));
  }
  assertEquals(sizes[0], 64);
  assertEquals(sizes.at(-1), 1);
  assertEquals(ended, [1]);
  assertEquals(sizes, sizes.toSorted((a, b) => b - a));
  assertEquals(launched(harness.run({ type: "OFFERS", offers: [offer()] }).calls)[0]?.name, "job");
});

Deno.test("a job that was to be killed is not launched again when its launch is refused for its size", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  const call = acceptOf(harness);
  harness.run({ type: "KILL", jobIDs: [1] });
  harness.run({ type: "CALL_TOO_LARGE", call });
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
});

Deno.test("a job whose launches never get through ends as ERROR", () => {
  const harness = new LogicHarness();
  let taskId = harness.launchOne();
  for (let attempt = 1; attempt < MAX_LAUNCHES; attempt++) {
    harness.tell(taskId, "TASK_GONE", { reason: "REASON_RECONCILIATION" });
    assertEquals(harness.eventTypes(), ["JOB_REQUEUED"]);
    harness.nowMs += 3_600_000;
    const [task] = harness.offer(offer());
    assert(task);
    taskId = task.task_id.value;
  }
  harness.tell(taskId, "TASK_GONE", { reason: "REASON_RECONCILIATION" });
  assertEquals(harness.eventTypes(), ["JOB_ENDED"]);
  assertEquals(harness.state.jobs.get(1)?.result?.exitReason, "ERROR");
});
