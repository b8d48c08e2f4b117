import { assertEquals } from "@std/assert";
import { encodeOutcome } from "../../job/task_outcome.ts";
import type { TaskInfo, TaskStatus } from "../../mesos/wire/messages.ts";
import { CopyingStore } from "../store/testing.ts";
import { LogicHarness, newFramework, offer, SETTINGS, shape, spec } from "../testing.ts";
import type { Input } from "./inputs.ts";
import type { BatchJobResult, JobSpec } from "./records.ts";
import { AVOID_NODE_MS } from "./retries.ts";
import { MAX_PASSED_OVER } from "./job_queue.ts";
import { SchedulerState } from "./scheduler_state.ts";
import { step } from "./step.ts";

const RETRIED = spec({ retries: 2 });

function exit(exitStatus: number): Partial<TaskStatus> {
  return encodeOutcome({ exitStatus, wallTimeSeconds: 1 });
}

const FAILED = exit(7);

function idOf(task: TaskInfo | undefined): string {
  return task?.task_id.value ?? "none";
}

function resultOf(harness: LogicHarness, jobID = 1): BatchJobResult | undefined {
  return harness.state.jobs.get(jobID)?.result;
}

function subscribed(store = new CopyingStore()): LogicHarness {
  const harness = new LogicHarness({}, store);
  harness.subscribe();
  return harness;
}

let offers = 0;

function launchOn(harness: LogicHarness, agentId: string): string {
  return idOf(harness.offer(offer({ id: `retry-${++offers}`, agentId }))[0]);
}

Deno.test("a job that fails is run again, as often as it allows, and its result counts the attempts", () => {
  const harness = subscribed();
  harness.issue(RETRIED);
  for (const attempts of [1, 2]) {
    const taskId = launchOn(harness, `a${attempts}`);
    assertEquals(taskId, `1-${attempts}`);
    harness.report(taskId, "TASK_FAILED", FAILED);
    assertEquals(harness.last?.events, [{
      type: "JOB_RETRIED",
      jobID: 1,
      taskId,
      node: `ip-of-a${attempts}`,
      exitReason: "FAILED",
      exitStatus: 7,
      attempts,
      maxAttempts: 3,
    }]);
    assertEquals(resultOf(harness), undefined);
  }
  harness.report(launchOn(harness, "a3"), "TASK_FAILED", exit(8));
  const { exitReason, exitStatus, attempts, taskId } = resultOf(harness) ?? {};
  assertEquals([exitReason, exitStatus, attempts, taskId], ["FAILED", 8, 3, "1-3"]);
});

Deno.test("a job that is run once has no number of attempts; one that gets through at last does", () => {
  const harness = subscribed();
  harness.issue(RETRIED, RETRIED);
  const [first, second] = harness.offer(offer()).map(idOf);
  harness.report(first ?? "", "TASK_FINISHED", exit(0));
  assertEquals("attempts" in (resultOf(harness) ?? {}), false);
  harness.report(second ?? "", "TASK_FAILED", FAILED);
  harness.report(launchOn(harness, "a2"), "TASK_FINISHED", exit(0));
  assertEquals([resultOf(harness, 2)?.exitReason, resultOf(harness, 2)?.attempts], ["FINISHED", 2]);
});

const REPORTS: Readonly<Record<string, [TaskStatus["state"], Partial<TaskStatus>, boolean]>> = {
  "is lost": ["TASK_LOST", {}, true],
  "ends with its executor": ["TASK_GONE", {}, true],
  "dies by a signal": ["TASK_FAILED", exit(-11), true],
  "exceeds its memory": [
    "TASK_FAILED",
    encodeOutcome({ exitStatus: -9, memoryLimitExceeded: true }),
    true,
  ],
  "is drained from its node": [
    "TASK_KILLED",
    { ...exit(-15), reason: "REASON_AGENT_DRAINING" },
    true,
  ],
  "is killed by others": ["TASK_KILLED", exit(-15), true],
  "exceeds its time limit": [
    "TASK_FAILED",
    encodeOutcome({ exitStatus: -15, timeLimitExceeded: true }),
    false,
  ],
  "can't be run as it is described": ["TASK_ERROR", {}, false],
};

for (const [what, [state, rest, isRetried]] of Object.entries(REPORTS)) {
  Deno.test(`a job that ${what} is ${isRetried ? "" : "not "}run again`, () => {
    const harness = new LogicHarness();
    const taskId = harness.launchOne({ retries: 1 });
    harness.report(taskId, "TASK_RUNNING");
    harness.report(taskId, state, rest);
    assertEquals(harness.eventTypes(), [isRetried ? "JOB_RETRIED" : "JOB_ENDED"]);
    assertEquals(resultOf(harness) === undefined, isRetried);
    assertEquals(harness.state.queue.size, isRetried ? 1 : 0);
  });
}

Deno.test("a job on a node that can't be reached is run again; the task that comes back is killed", () => {
  const harness = new LogicHarness({ unreachableTimeoutMs: 60_000 });
  const taskId = harness.launchOne({ retries: 1 });
  harness.report(taskId, "TASK_RUNNING");
  harness.tell(taskId, "TASK_UNREACHABLE");
  harness.pass(61_000);
  assertEquals(launchOn(harness, "a2"), "1-2");
  harness.tell(taskId, "TASK_RUNNING");
  assertEquals(harness.last?.calls.map(({ kill }) => kill?.task_id.value), [taskId]);
  // Nor does its end count.
  harness.report(taskId, "TASK_FINISHED", exit(0));
  assertEquals(harness.callTypes(), ["ACKNOWLEDGE"]);
  harness.report("1-2", "TASK_FAILED", FAILED);
  assertEquals([resultOf(harness)?.exitStatus, resultOf(harness)?.attempts], [7, 2]);
});

Deno.test("a retry is written down before the report is acknowledged, and survives a restart", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne({ retries: 1 });
  harness.report(taskId, "TASK_FAILED", FAILED);
  assertEquals(harness.callTypes().includes("ACKNOWLEDGE"), true);
  harness.restart();
  assertEquals(harness.state.queue.size, 1);
  harness.subscribe();
  // The acknowledgement was lost: what comes again is of an attempt that is done with.
  harness.report(taskId, "TASK_FAILED", FAILED);
  assertEquals(harness.eventTypes(), []);
  harness.report(launchOn(harness, "a2"), "TASK_FAILED", FAILED);
  assertEquals(resultOf(harness)?.attempts, 2);
});

Deno.test("in a restored state an attempt that is done with is not adopted", () => {
  const harness = new LogicHarness({ taskIdEpoch: "abc" });
  const taskId = harness.launchOne({ retries: 1 });
  harness.report(taskId, "TASK_FAILED", FAILED);
  harness.restart({ isRestored: true });
  harness.subscribe();
  harness.report(taskId, "TASK_FAILED", FAILED);
  assertEquals([harness.eventTypes(), resultOf(harness)], [[], undefined]);
});

Deno.test("a job that waits between two attempts can be killed", () => {
  const store = new CopyingStore();
  const harness = subscribed(store);
  harness.issue(spec({ retries: 1 }));
  harness.report(launchOn(harness, "a1"), "TASK_FAILED", FAILED);
  harness.run({ type: "KILL", jobIDs: [1] });
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
  assertEquals([harness.state.jobs.size, harness.state.queue.size], [0, 0]);
  const { result, pastTasks = [] } = store.endedJob(1) ?? {};
  assertEquals(result?.exitReason, "KILLED");
  assertEquals(pastTasks.map(({ exitReason, exitStatus }) => [exitReason, exitStatus]), [
    ["FAILED", 7],
  ]);
});

Deno.test("a job that is being killed is not run again", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne({ retries: 1 });
  harness.run({ type: "KILL", jobIDs: [1] });
  harness.report(taskId, "TASK_FAILED", FAILED);
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
});

Deno.test("what was killed for a shutdown waits for the next process, and is no retry", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne({ retries: 1 });
  harness.run({ type: "STOPPING", killTasks: true });
  harness.report(taskId, "TASK_KILLED", exit(-15));
  assertEquals(harness.state.jobs.get(1)?.retried, undefined);
});

for (
  const [cause, state, expected] of [["node", "TASK_LOST", 1], [
    "command",
    "TASK_FAILED",
    2,
  ]] as const
) {
  Deno.test(`a retry after a failure of its ${cause} goes to the ${expected === 1 ? "front" : "back"} of its queue`, () => {
    const harness = subscribed();
    harness.issue(RETRIED);
    const taskId = launchOn(harness, "a1");
    harness.issue(RETRIED);
    harness.report(taskId, "TASK_RUNNING");
    harness.report(taskId, state, cause === "node" ? {} : FAILED);
    const [next] = harness.offer(offer({ id: "next", agentId: "a2", cpus: 1.02 }));
    assertEquals(idOf(next).split("-")[0], String(expected));
  });
}

/** Two nodes are known, and the job has failed on the first. */
function failedOnFirst(rest: Partial<JobSpec> = {}): LogicHarness {
  const harness = subscribed();
  harness.issue(spec({ retries: 2, ...rest }));
  const [task] = harness.offer(offer({ id: "x1" }), offer({ id: "x2", agentId: "a2" }));
  assertEquals(task?.agent_id.value, "a1");
  harness.report(idOf(task), "TASK_FAILED", FAILED);
  return harness;
}

Deno.test("a job is run again on another node, where there is one", () => {
  const harness = failedOnFirst();
  assertEquals(launchOn(harness, "a1"), "none");
  const [declined] = harness.last?.calls ?? [];
  assertEquals(declined?.decline?.filters?.refuse_seconds, AVOID_NODE_MS / 1000);
  // Others may have the node.
  harness.issue(spec());
  assertEquals(launchOn(harness, "a1"), "2-1");
  assertEquals(launchOn(harness, "a2"), "1-2");
  // It has failed on all of them: any will do.
  harness.report("1-2", "TASK_FAILED", FAILED);
  assertEquals(launchOn(harness, "a1"), "1-3");
});

Deno.test("a job is run again on the same node where the other is too small, ignored or for long not free", () => {
  const large = failedOnFirst({ shape: shape({ cpusMilli: 3900 }) });
  const small = large.state.agents.get("a2");
  if (small) small.capacity = shape();
  assertEquals(launchOn(large, "a1"), "1-2");

  const ignored = failedOnFirst();
  ignored.run({ type: "IGNORE_NODE", node: "ip-of-a2" });
  assertEquals(launchOn(ignored, "a1"), "1-2");

  const late = failedOnFirst();
  late.pass(AVOID_NODE_MS);
  assertEquals(launchOn(late, "a1"), "1-2");
});

Deno.test("of jobs that keep away from a node so many are passed over", () => {
  const harness = subscribed();
  const small = spec({ retries: 1, shape: shape({ cpusMilli: 100 }) });
  harness.issue(...Array.from({ length: MAX_PASSED_OVER }, () => small));
  const tasks = harness.offer(offer({ id: "x1" }), offer({ id: "x2", agentId: "a2" }));
  for (const task of tasks) harness.report(idOf(task), "TASK_FAILED", FAILED);
  harness.issue(small);
  assertEquals(launchOn(harness, "a1"), "none");
  harness.run({ type: "KILL", jobIDs: [1] });
  assertEquals(launchOn(harness, "a1"), `${MAX_PASSED_OVER + 1}-1`);
});

Deno.test("a local job is run again, too", () => {
  const harness = new LogicHarness();
  harness.issue(spec({ local: true, retries: 1 }));
  const end = { exitReason: "FAILED" as const, exitStatus: 7, wallTimeSeconds: 1, message: "" };
  harness.run({ type: "LOCAL_ENDED", jobID: 1, end });
  assertEquals(harness.localActions().map(({ type }) => type), ["START"]);
  assertEquals(harness.eventTypes(), ["JOB_RETRIED", "JOB_RUNNING"]);
  harness.run({ type: "LOCAL_ENDED", jobID: 1, end });
  assertEquals(resultOf(harness)?.attempts, 2);
});

Deno.test("local jobs wait until the state is taken over: before, they would count as an earlier process's", () => {
  const store = new CopyingStore();
  const before = new LogicHarness({ maxLocalJobs: 0 }, store);
  before.issue(spec({ local: true }));
  const state = new SchedulerState(store.load(newFramework()), 0);
  const run = (input: Input) => step(state, input, { settings: SETTINGS, nowMs: 0 });
  assertEquals(run({ type: "USER_SCRIPT", pickled: "p" }).localActions, []);
  assertEquals(run({ type: "STARTED" }).events.map(({ type }) => type), ["JOB_RUNNING"]);
});
