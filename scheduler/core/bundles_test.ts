import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeBundleReport, type EndState, RUNS_BUNDLES } from "../../job/bundle_report.ts";
import { decodeKillJobs } from "../../job/kill_jobs.ts";
import { decodeTaskData } from "../../job/task_data.ts";
import { encodeOutcome } from "../../job/task_outcome.ts";
import type { SchedulerRequest } from "../../mesos/scheduler.ts";
import type { TaskInfo } from "../../mesos/wire/messages.ts";
import { LogicHarness, offer, SETTINGS as CORE_SETTINGS, shape, spec } from "../testing.ts";
import { CopyingStore } from "../store/testing.ts";
import { MIN_WALL_TIMES } from "./bundle_sizes.ts";
import type { JobSpec } from "./records.ts";
import { attemptsOf } from "./task_ids.ts";

const BUNDLE_MS = 1_000;
const SETTINGS = { bundleMs: BUNDLE_MS, taskIdEpoch: "0a1b2c3d", unreachableTimeoutMs: 600_000 };
const FIRST = MIN_WALL_TIMES + 1;

/** A scheduler that knows its jobs as short, and its executor as one that runs bundles. */
class Bundling extends LogicHarness {
  executorIds: string[] = [];

  constructor(settings = {}, store = new CopyingStore()) {
    super({ ...SETTINGS, ...settings }, store);
    this.subscribe();
    for (let i = 0; i < MIN_WALL_TIMES; i++) this.runAlone();
  }

  runAlone(): void {
    this.issue(spec());
    const [task] = this.offer(offer({ executorIds: this.executorIds }));
    assert(task?.executor);
    this.executorIds = [task.executor.executor_id.value];
    this.report(task.task_id.value, "TASK_STARTING", { labels: RUNS_BUNDLES });
    this.report(task.task_id.value, "TASK_FINISHED", {
      ...encodeOutcome({ exitStatus: 0, wallTimeSeconds: 0.01 }),
    });
  }

  /** Issues jobs and launches them on one slot. */
  launch(...specs: Partial<JobSpec>[]): TaskInfo {
    this.issue(...specs.map(spec));
    const [task] = this.offer(this.oneSlot());
    assert(task);
    return task;
  }

  oneSlot() {
    return offer({ cpus: 1, executorIds: this.executorIds });
  }

  /** Begins a bundle of as many jobs. */
  begin(jobs: number, rest: Partial<JobSpec> = {}): string {
    const task = this.launch(...Array.from({ length: jobs }, () => rest));
    const taskId = task.task_id.value;
    this.report(taskId, "TASK_STARTING", { labels: RUNS_BUNDLES });
    this.running(taskId, FIRST);
    return taskId;
  }

  running(taskId: string, running: number | undefined, ...ended: [number, EndState, number?][]) {
    return this.said(taskId, "TASK_RUNNING", { running, ended });
  }

  said(
    taskId: string,
    state: "TASK_STARTING" | "TASK_RUNNING" | "TASK_FINISHED" | "TASK_KILLED",
    { running, ended = [], givenBack = [] }: {
      running?: number | undefined;
      ended?: [number, EndState, number?][];
      givenBack?: number[];
    },
  ) {
    const report = {
      running,
      givenBack,
      ended: ended.map(([jobID, state, exitStatus = 0]) => ({
        jobID,
        state,
        ...encodeOutcome({ exitStatus, wallTimeSeconds: 0.01 }),
      })),
    };
    return this.report(taskId, state, { data: encodeBundleReport(report) });
  }

  reasonOf(jobID: number): string | undefined {
    return this.state.jobs.get(jobID)?.result?.exitReason;
  }

  get waiting(): number[] {
    return [...this.state.jobs.values()].filter(({ taskId, result }) => !taskId && !result)
      .map(({ jobID }) => jobID);
  }
}

function jobsOf(task: TaskInfo | undefined): number[] {
  return decodeTaskData(task?.data ?? new Uint8Array()).jobs.map(({ jobID }) => jobID);
}

/** The tasks and the jobs that calls kill. */
function killsOf(calls: readonly SchedulerRequest[]): (string | number)[] {
  return calls.flatMap(({ kill, message }): (string | number)[] => {
    if (kill) return [kill.task_id.value];
    return [...(message && decodeKillJobs(message.data))?.jobIDs ?? []];
  });
}

const ids = (count: number, first = FIRST) => Array.from({ length: count }, (_, i) => first + i);

Deno.test("short jobs share a task once it is known that they are short", () => {
  const harness = new Bundling();
  const task = harness.launch(...Array.from({ length: 7 }, (_, i) => ({
    name: `job ${i}`,
    environment: { N: String(i), SAME: "x" },
    timeLimitMs: 1_000 + i,
  })));
  assertEquals(jobsOf(task), ids(7));
  const plan = decodeTaskData(task.data ?? new Uint8Array());
  assertEquals(plan.bundleMs, BUNDLE_MS);
  assertEquals(
    plan.jobs.map(({ environment }) => environment),
    ids(7, 0).map((i) => ({
      N: String(i),
      SAME: "x",
    })),
  );
  assertEquals(plan.jobs.map(({ timeLimitMs }) => timeLimitMs), ids(7, 1_000));
  const events = harness.last?.events ?? [];
  assertEquals(events.map((each) => each.type === "JOB_LAUNCHED" && each.isQueued === true), [
    false,
    ...ids(6).map(() => true),
  ]);
  // Each attempt has a name of its own, as if it were a task.
  assertEquals(new Set(plan.jobs.map(({ attemptId }) => attemptId)).size, 7);
});

Deno.test("an executor that has not said that it runs bundles gets none", () => {
  const harness = new Bundling();
  harness.issue(...ids(9).map(() => spec()));
  const [elsewhere] = harness.offer(offer({ id: "o2", agentId: "a2", cpus: 2 }));
  assertEquals(jobsOf(elsewhere).length, 1);
  // The record of an earlier version, or of an executor that was started again.
  harness.run({
    type: "EXECUTOR_LOST",
    agentId: "a1",
    executorId: harness.executorIds[0] ?? "",
    status: 0,
  });
  const [again] = harness.offer(offer({ cpus: 2, executorIds: harness.executorIds }));
  assertEquals(jobsOf(again).length, 1);
});

Deno.test("the last jobs of a queue are spread over all slots", () => {
  const harness = new Bundling();
  harness.issue(...ids(9).map(() => spec()));
  const tasks = harness.offer(offer({ cpus: 4, executorIds: harness.executorIds }));
  assertEquals(tasks.map((task) => jobsOf(task).length), [2, 2, 2, 2]);
});

Deno.test("jobs with GPUs, and jobs that are run again, have tasks of their own", () => {
  const harness = new Bundling();
  const taskId = harness.begin(4, { retries: 1 });
  harness.said(taskId, "TASK_FINISHED", {
    ended: [
      [FIRST, "TASK_FAILED", 1],
      ...ids(3, FIRST + 1).map((id): [number, EndState] => [
        id,
        "TASK_FINISHED",
      ]),
    ],
  });
  assertEquals([harness.waiting, harness.reasonOf(FIRST + 1)], [[FIRST], "FINISHED"]);
  harness.nowMs += 60_000;
  harness.issue(spec(), spec());
  const tasks = harness.offer(offer({ cpus: 2, executorIds: harness.executorIds }));
  assertEquals(tasks.map(jobsOf).toSorted(), [[FIRST], [FIRST + 4]]);
});

Deno.test("ends are reported as they come, once each, and the rest with the last word", () => {
  const harness = new Bundling();
  const taskId = harness.begin(4);
  assertEquals(harness.eventTypes(), ["JOB_RUNNING"]);
  harness.running(taskId, FIRST + 2, [FIRST, "TASK_FINISHED"], [FIRST + 1, "TASK_FAILED", 3]);
  assertEquals(harness.eventTypes(), ["JOB_ENDED", "JOB_ENDED", "JOB_RUNNING"]);
  assertEquals(harness.callTypes()[0], "ACKNOWLEDGE");
  const failed = harness.state.jobs.get(FIRST + 1)?.result;
  assertEquals([failed?.exitReason, failed?.exitStatus], ["FAILED", 3]);
  assertEquals(failed?.taskId.startsWith(`${FIRST + 1}-1-`), true);
  // The same once more, as after a restart of the agent.
  harness.running(taskId, FIRST + 2, [FIRST, "TASK_FINISHED"], [FIRST + 1, "TASK_FAILED", 3]);
  assertEquals(harness.eventTypes(), []);
  harness.said(taskId, "TASK_FINISHED", {
    ended: [[FIRST + 2, "TASK_FINISHED"], [FIRST + 3, "TASK_FINISHED"]],
  });
  assertEquals(ids(4).map((id) => harness.reasonOf(id)), [
    "FINISHED",
    "FAILED",
    "FINISHED",
    "FINISHED",
  ]);
  assertEquals([harness.state.tasks.size, harness.state.tasksOf(shape())], [0, 0]);
});

Deno.test("a bundle outlives the scheduler: what was reported stays, what comes again is known", () => {
  const harness = new Bundling();
  const taskId = harness.begin(3);
  harness.running(taskId, FIRST + 1, [FIRST, "TASK_FINISHED"]);
  harness.restart();
  harness.subscribe();
  harness.tell(taskId, "TASK_RUNNING", { reason: "REASON_RECONCILIATION" });
  harness.running(taskId, FIRST + 1, [FIRST, "TASK_FINISHED"]);
  assertEquals(harness.eventTypes(), []);
  harness.said(taskId, "TASK_FINISHED", {
    ended: [[FIRST + 1, "TASK_FINISHED"], [FIRST + 2, "TASK_FINISHED"]],
  });
  assertEquals(ids(3).map((id) => harness.reasonOf(id)), ["FINISHED", "FINISHED", "FINISHED"]);
});

const ENDED = {
  source: "SOURCE_AGENT",
  reason: "REASON_EXECUTOR_TERMINATED",
  message: "Executor terminated",
} as const;

Deno.test("of a lost bundle that has begun, only what was not reported is LOST", () => {
  const harness = new Bundling();
  const taskId = harness.begin(3);
  harness.running(taskId, FIRST + 1, [FIRST, "TASK_FINISHED"]);
  harness.report(taskId, "TASK_FAILED", ENDED);
  assertEquals(ids(3).map((id) => harness.reasonOf(id)), ["FINISHED", "LOST", "LOST"]);
  const { message = "" } = harness.state.jobs.get(FIRST + 2)?.result ?? {};
  assertStringIncludes(message, "Executor terminated");
});

Deno.test("a memory limit of the container is told of the one job that is left, not of several", () => {
  const limit = {
    source: "SOURCE_AGENT",
    reason: "REASON_CONTAINER_LIMITATION_MEMORY",
    message: "m",
  } as const;
  const several = new Bundling();
  several.report(several.begin(2), "TASK_FAILED", limit);
  assertEquals(ids(2).map((id) => several.reasonOf(id)), ["LOST", "LOST"]);
  const one = new Bundling();
  const taskId = one.begin(2);
  one.running(taskId, FIRST + 1, [FIRST, "TASK_FINISHED"]);
  one.report(taskId, "TASK_FAILED", limit);
  assertEquals(one.reasonOf(FIRST + 1), "MEMLIMIT");
});

Deno.test("a bundle of which no update was ever reported goes back to the front, in its order", () => {
  const harness = new Bundling();
  const taskId = harness.launch({}, {}, {}).task_id.value;
  harness.issue(spec());
  harness.report(taskId, "TASK_FAILED", ENDED);
  assertEquals(harness.eventTypes(), ["JOB_REQUEUED", "JOB_REQUEUED", "JOB_REQUEUED"]);
  harness.nowMs += 3_600_000;
  assertEquals(jobsOf(harness.offer(harness.oneSlot())[0])[0], FIRST);
});

Deno.test("an end that the master tells says nothing of a single job of a bundle", () => {
  const harness = new Bundling();
  const taskId = harness.begin(2);
  harness.tell(taskId, "TASK_FINISHED", { reason: "REASON_AGENT_REREGISTERED" });
  assertEquals([harness.reasonOf(FIRST), harness.eventTypes()], [undefined, []]);
  harness.pass(SETTINGS.unreachableTimeoutMs);
  assertEquals(harness.reasonOf(FIRST), undefined, "its agent may be away");
  harness.pass(61_000);
  assertEquals(ids(2).map((id) => harness.reasonOf(id)), ["LOST", "LOST"]);
});

Deno.test("a last word that says nothing of some jobs leaves them LOST", () => {
  const harness = new Bundling();
  const taskId = harness.begin(2);
  harness.said(taskId, "TASK_FINISHED", { ended: [[FIRST + 1, "TASK_FINISHED"]] });
  assertEquals(ids(2).map((id) => harness.reasonOf(id)), ["LOST", "FINISHED"]);
});

Deno.test("a job of a bundle is killed by a message, which is repeated until it is reported", () => {
  const harness = new Bundling();
  const taskId = harness.begin(3);
  const { calls } = harness.run({ type: "KILL", jobIDs: [FIRST + 1] });
  assertEquals(killsOf(calls), [FIRST + 1]);
  assertEquals(calls[0]?.type, "MESSAGE");
  const data = calls[0]?.message?.data ?? new Uint8Array();
  assertEquals(decodeKillJobs(data)?.graceMs, CORE_SETTINGS.killGraceMs);
  assertEquals(killsOf(harness.pass(2_000)), [FIRST + 1]);
  harness.running(taskId, FIRST, [FIRST + 1, "TASK_KILLED", -15]);
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
  assertEquals(killsOf(harness.pass(60_000)), []);
  harness.said(taskId, "TASK_FINISHED", {
    ended: [[FIRST, "TASK_FINISHED"], [FIRST + 2, "TASK_FINISHED"]],
  });
  assertEquals(ids(3).map((id) => harness.reasonOf(id)), ["FINISHED", undefined, "FINISHED"]);
});

Deno.test("a bundle of which all jobs are to be killed is killed as a task", () => {
  const harness = new Bundling();
  const taskId = harness.begin(2);
  assertEquals(killsOf(harness.run({ type: "KILL", jobIDs: ids(2) }).calls), [taskId]);
  harness.said(taskId, "TASK_KILLED", {
    ended: [[FIRST + 1, "TASK_KILLED", -15], [FIRST, "TASK_KILLED", -15]],
  });
  assertEquals(harness.eventTypes(), ["JOB_KILLED", "JOB_KILLED"]);
});

Deno.test("the last jobs to be killed of a bundle have the task killed, once the others have ended", () => {
  const harness = new Bundling();
  const taskId = harness.begin(2);
  harness.run({ type: "KILL", jobIDs: [FIRST + 1] });
  harness.running(taskId, FIRST + 1, [FIRST, "TASK_FINISHED"]);
  assertEquals(killsOf(harness.pass(2_000)), [taskId]);
});

Deno.test("a kill that the executor could not hear before it had the task is said again then", () => {
  const harness = new Bundling();
  const taskId = harness.launch({}, {}).task_id.value;
  harness.run({ type: "KILL", jobIDs: [FIRST + 1] });
  const { calls } = harness.report(taskId, "TASK_STARTING", { labels: RUNS_BUNDLES });
  assertEquals(killsOf(calls), [FIRST + 1]);
});

Deno.test("a job that is killed while its node can't be reached is killed there when that is back", () => {
  const harness = new Bundling();
  const taskId = harness.begin(3);
  harness.tell(taskId, "TASK_UNREACHABLE", { reason: "REASON_AGENT_REMOVED" });
  harness.run({ type: "KILL", jobIDs: [FIRST + 1] });
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
  assertEquals(killsOf(harness.pass(60_000)), []);
  harness.restart();
  harness.subscribe();
  const { calls } = harness.tell(taskId, "TASK_RUNNING", { reason: "REASON_AGENT_REREGISTERED" });
  assertEquals(killsOf(calls), [FIRST + 1]);
  harness.running(taskId, FIRST, [FIRST + 1, "TASK_KILLED", -15]);
  assertEquals(harness.eventTypes(), []);
  assertEquals(killsOf(harness.pass(60_000)), []);
});

Deno.test("jobs that are given back wait in front of the others, and it was no attempt", () => {
  const harness = new Bundling();
  const taskId = harness.begin(4);
  harness.issue(spec());
  harness.said(taskId, "TASK_RUNNING", { running: FIRST, givenBack: ids(3, FIRST + 1) });
  assertEquals(harness.eventTypes(), ["JOB_GIVEN_BACK", "JOB_GIVEN_BACK", "JOB_GIVEN_BACK"]);
  assertEquals(harness.state.tasks.get(taskId)?.jobIDs, [FIRST]);
  const [task] = harness.offer(harness.oneSlot());
  assertEquals(jobsOf(task)[0], FIRST + 1);
  // The same once more: those jobs are of another task now.
  const again = task?.task_id.value ?? "";
  harness.said(taskId, "TASK_RUNNING", { running: FIRST, givenBack: ids(3, FIRST + 1) });
  assertEquals([harness.eventTypes(), harness.state.jobs.get(FIRST + 1)?.taskId], [[], again]);
  harness.report(again, "TASK_STARTING", { labels: RUNS_BUNDLES });
  harness.report(again, "TASK_FINISHED", encodeOutcome({ exitStatus: 0, wallTimeSeconds: 1 }));
  assertEquals(harness.state.jobs.get(FIRST + 1)?.result?.attempts, undefined);
});

Deno.test("a job that was to be killed and is given back is dead", () => {
  const harness = new Bundling();
  const taskId = harness.begin(2);
  harness.run({ type: "KILL", jobIDs: [FIRST + 1] });
  harness.said(taskId, "TASK_RUNNING", { running: FIRST, givenBack: [FIRST + 1] });
  assertEquals([harness.eventTypes(), harness.waiting], [["JOB_KILLED"], []]);
});

Deno.test("the jobs of a bundle that the scheduler ends when it leaves wait for the next process", () => {
  const harness = new Bundling();
  const taskId = harness.begin(3);
  const { calls } = harness.run({ type: "STOPPING", killTasks: true });
  assertEquals(killsOf(calls), [taskId]);
  harness.said(taskId, "TASK_KILLED", {
    ended: [[FIRST, "TASK_FINISHED"], [FIRST + 1, "TASK_KILLED", -15], [FIRST + 2, "TASK_KILLED"]],
  });
  assertEquals([harness.reasonOf(FIRST), harness.waiting], ["FINISHED", ids(2, FIRST + 1)]);
});

Deno.test("a call that is too large for a master is made of smaller bundles", () => {
  const harness = new Bundling();
  const environment = { A: "x".repeat(100_000), B: "y".repeat(100_000) };
  harness.issue(...ids(8).map((id) => spec({ environment: { ...environment, ID: String(id) } })));
  harness.offer(harness.oneSlot());
  const accept = harness.last?.calls.find(({ type }) => type === "ACCEPT");
  assert(accept);
  harness.run({ type: "CALL_TOO_LARGE", call: accept });
  assertEquals(harness.waiting, ids(8));
  const sizes = [];
  while (harness.waiting.length > 0) {
    const [task] = harness.offer(harness.oneSlot());
    sizes.push(jobsOf(task).length);
    assert(sizes.length < 9);
  }
  assertEquals(Math.max(...sizes) < 8, true);
});

Deno.test("a restored state adopts the jobs of a bundle that it did not know", () => {
  const backup = new CopyingStore();
  const before = new Bundling({}, backup);
  before.issue(...ids(3).map(() => spec()));
  const framework = { ...before.state.framework, frameworkId: "f" };
  const copy = new CopyingStore();
  copy.commit({
    framework,
    jobs: [...before.state.jobs.values()],
    deletedJobIDs: [],
    tasks: [],
    deletedTaskIds: [],
    executors: [],
    deletedExecutors: [],
    jobFiles: [],
    endedJobs: [],
    requests: [],
    deletedRequestKeys: [],
  });
  const [task] = before.offer(before.oneSlot());
  const taskId = task?.task_id.value ?? "";
  assertEquals(attemptsOf(taskId).map(({ jobID }) => jobID), ids(3));
  const after = new LogicHarness({ ...SETTINGS, taskIdEpoch: "ffffffff", isRestored: true }, copy);
  after.subscribe();
  // One was reported before, which is forgotten.
  const data = encodeBundleReport({ ended: [], running: FIRST + 1, givenBack: [] });
  after.report(taskId, "TASK_RUNNING", { data });
  assertEquals(after.state.jobs.get(FIRST)?.result?.exitReason, "LOST");
  assertEquals(after.state.tasks.get(taskId)?.jobIDs, ids(2, FIRST + 1));
  after.tell("0-0-restored-state", "TASK_UNKNOWN");
  assertEquals(after.offer(offer()), [], "nothing is launched twice");
});
