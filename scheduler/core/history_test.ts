import { assertEquals } from "@std/assert";
import { encodeOutcome } from "../../job/task_outcome.ts";
import { LogicHarness, offer, spec } from "../testing.ts";
import { CopyingStore } from "../store/testing.ts";
import { MAX_PAST_TASKS } from "./job_lifecycle.ts";
import { MAX_REQUESTS } from "./scheduler_state.ts";

const FINISHED = encodeOutcome({ exitStatus: 0, wallTimeSeconds: 1.5 });

Deno.test("a request that has a key is issued once, also after a restart", () => {
  const harness = new LogicHarness();
  const request = { key: "k", digest: "d" };
  const issue = () => harness.run({ type: "ISSUE", specs: [spec(), spec()], request }).issuedJobIDs;
  assertEquals(issue(), [1, 2]);
  harness.run({ type: "KILL", jobIDs: [1, 2] });
  assertEquals(issue(), [1, 2]);
  harness.restart();
  assertEquals(issue(), [1, 2]);
  assertEquals(harness.issue(spec()), [3]);
});

Deno.test("of requests the oldest are forgotten", () => {
  const harness = new LogicHarness();
  for (let n = 0; n <= MAX_REQUESTS; n++) {
    harness.run({ type: "ISSUE", specs: [spec()], request: { key: `k${n}`, digest: "d" } });
  }
  harness.restart();
  assertEquals([harness.state.requests.size, harness.state.requests.has("k0")], [
    MAX_REQUESTS,
    false,
  ]);
});

Deno.test("results are numbered in the order of the ends, which a restart keeps", () => {
  const harness = new LogicHarness();
  const first = harness.launchOne();
  const [second] = harness.issue(spec());
  const [task] = harness.offer(offer({ id: "o2", executorIds: [] }));
  harness.report(task?.task_id.value ?? "", "TASK_FINISHED", FINISHED);
  harness.report(first, "TASK_FAILED");
  const order = () =>
    [...harness.state.undelivered].map((jobID) => [
      jobID,
      harness.state.jobs.get(jobID)?.resultNumber,
    ]);
  assertEquals(order(), [[second, 1], [1, 2]]);
  harness.restart();
  assertEquals(order(), [[second, 1], [1, 2]]);
});

Deno.test("a job that is done with is kept by the history, with its attempts", () => {
  const store = new CopyingStore();
  const harness = new LogicHarness({}, store);
  const taskId = harness.launchOne({ name: "told", environment: { SECRET: "s" } });
  const container_status = { container_id: { value: "c" } };
  harness.report(taskId, "TASK_RUNNING", { container_status });
  const issuedAtMs = harness.nowMs;
  harness.nowMs += 5;
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  assertEquals(store.endedJob(1), undefined);
  harness.run({ type: "DELIVERED", jobIDs: [1] });
  const ended = store.endedJob(1);
  assertEquals([ended?.spec.name, ended?.result.exitReason, ended?.issuedAtMs], [
    "told",
    "FINISHED",
    issuedAtMs,
  ]);
  assertEquals(JSON.stringify(ended).includes("SECRET"), false);
  const [past] = ended?.pastTasks ?? [];
  assertEquals([past?.taskId, past?.containerId, past?.startedAtMs, past?.endedAtMs], [
    taskId,
    "c",
    issuedAtMs,
    issuedAtMs + 5,
  ]);
});

Deno.test("a job that is killed, or that nobody is told of, goes to the history at once", () => {
  const store = new CopyingStore();
  const harness = new LogicHarness({}, store);
  const taskId = harness.launchOne({ unreported: true });
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  harness.issue(spec());
  harness.run({ type: "KILL", jobIDs: [2] });
  assertEquals(store.endedJobs().map(({ jobID, result }) => [jobID, result.exitReason]).toArray(), [
    [2, "KILLED"],
    [1, "FINISHED"],
  ]);
  assertEquals([harness.state.undelivered.size, harness.state.jobs.size], [0, 0]);
});

Deno.test("of the attempts at a job the last are remembered", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec());
  for (let attempt = 1; attempt <= MAX_PAST_TASKS + 2; attempt++) {
    harness.nowMs += 60_000;
    harness.offer(offer({ id: `o${attempt}` }));
    const reason = "REASON_INVALID_OFFERS";
    harness.tell(`1-${attempt}`, "TASK_DROPPED", { reason });
    harness.tell(`1-${attempt}`, "TASK_GONE");
  }
  const taskIds = harness.state.jobs.get(1)?.pastTasks?.map(({ taskId }) => taskId);
  assertEquals(taskIds, Array.from({ length: MAX_PAST_TASKS }, (_, i) => `1-${i + 3}`));
});
