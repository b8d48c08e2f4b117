import { assertEquals } from "@std/assert";
import { encodeOutcome } from "../../job/task_outcome.ts";
import { CopyingStore } from "../store/testing.ts";
import {
  LogicHarness,
  newFramework,
  NO_CHANGES,
  offer,
  SETTINGS,
  shape,
  spec,
} from "../testing.ts";
import type { Input } from "./inputs.ts";
import type { BatchJobResult } from "./records.ts";
import { ADOPTION_ANSWER_MS, ADOPTION_LIMIT_MS } from "./restored_state.ts";
import { SchedulerState } from "./scheduler_state.ts";
import { step } from "./step.ts";

const FINISHED = encodeOutcome({ exitStatus: 0, wallTimeSeconds: 1.5 });
const LAST_QUESTION = "0-0-restored-state";
const DIGEST = "d";
const SPECS = ["a", "b", "c"].map((name) =>
  spec({ name, command: name, shape: shape({ cpusMilli: 500 }) })
);

function issue(harness: LogicHarness, count: number): void {
  harness.run({
    type: "ISSUE",
    specs: SPECS.slice(0, count),
    file: { digest: DIGEST, issuedBefore: 0 },
  });
}

/** Tasks that were launched after a backup, and a scheduler that starts on the backup. */
function restored(): { harness: LogicHarness; taskIds: string[] } {
  const before = new LogicHarness({ taskIdEpoch: "aaaa" });
  before.subscribe();
  issue(before, 3);
  const taskIds = before.offer(offer()).map(({ task_id }) => task_id.value);
  const store = new CopyingStore();
  store.commit({ ...NO_CHANGES, framework: { ...newFramework(), frameworkId: "f" } });
  const harness = new LogicHarness({ taskIdEpoch: "bbbb", isRestored: true }, store);
  return { harness, taskIds };
}

/** How many times all tasks, and then the one that is none, were asked about. */
function questions(harness: LogicHarness): number {
  const asked = (harness.last?.calls ?? []).map(({ reconcile }) => reconcile?.tasks);
  return asked.filter((tasks, i) =>
    tasks?.length === 0 && asked[i + 1]?.[0]?.task_id.value === LAST_QUESTION
  ).length;
}

Deno.test("the first input, whatever it is, records that the state is a restored one", () => {
  const inputs: Input[] = [
    { type: "STARTED" },
    { type: "USER_SCRIPT", pickled: "script" },
    { type: "REPORTED", results: [], reissues: true },
    { type: "TICK" },
  ];
  for (const input of inputs) {
    const state = new SchedulerState(new CopyingStore().load(newFramework()), 0);
    step(state, input, { settings: { ...SETTINGS, isRestored: true }, nowMs: 0 });
    assertEquals(state.takeChanges()?.framework?.isRestored, true, input.type);
  }
});

Deno.test("a restored state launches nothing before Mesos has said what it runs", () => {
  const { harness } = restored();
  assertEquals(harness.eventTypes(), ["RESTORED"]);
  issue(harness, 3);
  harness.subscribe();
  assertEquals(questions(harness), 1);
  assertEquals(harness.offer(offer()), []);
  harness.pass(ADOPTION_ANSWER_MS - 1000);
  assertEquals(questions(harness), 0);
  harness.pass(1000);
  assertEquals(questions(harness), 1);
  harness.tell(LAST_QUESTION, "TASK_UNKNOWN");
  assertEquals(harness.callTypes(), ["REVIVE"]);
  assertEquals(harness.offer(offer()).length, 3);
});

Deno.test("a restored state does not wait for ever for agents that don't come back", () => {
  const { harness } = restored();
  harness.subscribe();
  issue(harness, 3);
  harness.pass(ADOPTION_LIMIT_MS + ADOPTION_ANSWER_MS);
  assertEquals(harness.offer(offer()).length, 3);
});

Deno.test("a restored state adopts what runs, and runs it no second time", () => {
  const { harness, taskIds: [first = "", second = ""] } = restored();
  harness.subscribe();
  // Before its job is issued once more, a task is neither killed nor acknowledged.
  assertEquals(harness.tell(first, "TASK_RUNNING").calls, []);
  assertEquals(harness.report(second, "TASK_FINISHED", FINISHED).calls, []);
  issue(harness, 3);
  harness.tell(first, "TASK_RUNNING");
  assertEquals(harness.eventTypes(), ["JOB_ADOPTED", "JOB_RUNNING"]);
  const { calls, events } = harness.report(second, "TASK_FINISHED", FINISHED);
  assertEquals(calls[0]?.type, "ACKNOWLEDGE");
  assertEquals(events.map(({ type }) => type), ["JOB_ADOPTED", "JOB_ENDED"]);
  harness.tell(LAST_QUESTION, "TASK_UNKNOWN");
  const launched = harness.offer(offer()).map(({ name, task_id }) => [name, task_id.value]);
  assertEquals(launched.map(([name]) => name), ["c"]);
  assertEquals(launched[0]?.[1]?.startsWith("3-1-bbbb"), true);
  harness.report(first, "TASK_FINISHED", FINISHED);
  assertEquals(harness.eventTypes(), ["JOB_ENDED"]);
});

Deno.test("a restored state kills what is of another job", () => {
  const { harness, taskIds: [first = ""] } = restored();
  harness.subscribe();
  harness.issue(spec({ name: "other" }));
  harness.tell(first, "TASK_RUNNING");
  assertEquals(harness.callTypes().includes("KILL"), true);
});

Deno.test("a task of a restored state that Mesos does not know is LOST, for it may have run", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.restart({ isRestored: true });
  harness.subscribe();
  harness.tell(taskId, "TASK_GONE", { reason: "REASON_RECONCILIATION" });
  assertEquals(harness.eventTypes(), ["JOB_ENDED"]);
  assertEquals(harness.state.jobs.get(1)?.result?.exitReason, "LOST");
});

Deno.test("a restored state that was followed by a later attempt adopts that", () => {
  const harness = new LogicHarness({ taskIdEpoch: "aaaa" });
  const taskId = harness.launchOne();
  harness.restart({ isRestored: true });
  harness.subscribe();
  const later = taskId.replace(/^1-1-/, "1-2-");
  harness.tell(later, "TASK_RUNNING");
  assertEquals(harness.eventTypes(), ["JOB_ADOPTED", "JOB_RUNNING"]);
  harness.tell(taskId, "TASK_GONE", { reason: "REASON_RECONCILIATION" });
  assertEquals(harness.state.jobs.get(1)?.taskId, later);
});

const RESULT: BatchJobResult = {
  jobID: 2,
  name: "b",
  exitStatus: 0,
  exitReason: "FINISHED",
  wallTimeSeconds: 1,
  node: "n",
  message: "",
  taskId: "",
};

Deno.test("what was reported before a state was restored is neither run nor reported", () => {
  const { harness } = restored();
  issue(harness, 1);
  const other = { ...RESULT, jobID: 1, name: "a" };
  harness.run({ type: "REPORTED", results: [other, RESULT], reissues: true });
  assertEquals(harness.state.jobs.size, 0);
  harness.run({
    type: "ISSUE",
    specs: SPECS.slice(1),
    file: { digest: DIGEST, issuedBefore: 1 },
  });
  assertEquals([...harness.state.jobs.keys()], [3]);
  assertEquals(harness.state.undelivered.size, 0);
  assertEquals(harness.state.jobFiles.get(DIGEST)?.ended, { FINISHED: 2 });
});

Deno.test("a job is not taken for done because another run had one of its id", () => {
  const { harness } = restored();
  issue(harness, 1);
  const others = [1, 2].map((jobID) => ({ ...RESULT, jobID, name: "of another run" }));
  harness.run({ type: "REPORTED", results: others, reissues: true });
  harness.run({
    type: "ISSUE",
    specs: SPECS.slice(1, 2),
    file: { digest: DIGEST, issuedBefore: 1 },
  });
  assertEquals([...harness.state.jobs.keys()], [1, 2]);
  assertEquals(harness.state.undelivered.size, 0);
});

Deno.test("jobs of clients that a restored state lacks are given up, with a warning each, and their ids are spent", () => {
  const { harness, taskIds: [first = "", second = ""] } = restored();
  harness.run({ type: "REPORTED", results: [{ ...RESULT, jobID: 7 }], reissues: false });
  const before = harness.issue(spec());
  harness.subscribe();
  harness.tell(LAST_QUESTION, "TASK_UNKNOWN");
  const later = first.replace(/^1-/, "20-");
  harness.tell(later, "TASK_RUNNING");
  assertEquals(harness.last?.events, [{
    type: "JOB_FORGOTTEN",
    jobID: 20,
    taskId: later,
    node: "agent a1",
    state: "TASK_RUNNING",
  }]);
  assertEquals(harness.callTypes(), ["KILL"]);
  assertEquals(harness.report(later, "TASK_KILLED").events, []);
  const ended = second.replace(/^2-/, "21-");
  harness.report(ended, "TASK_FINISHED", FINISHED);
  assertEquals([harness.eventTypes(), harness.callTypes()], [["JOB_FORGOTTEN"], ["ACKNOWLEDGE"]]);
  const after = harness.issue(spec());
  assertEquals([before, after], [[8], [22]]);
  // New ids are of nothing that runs: Mesos need not be asked first.
  assertEquals([questions(harness), harness.state.adoption], [0, undefined]);
});

Deno.test("once the jobs of a file are issued, what else runs of a restored state is given up", () => {
  const { harness, taskIds: [, second = "", third = ""] } = restored();
  harness.subscribe();
  issue(harness, 2);
  harness.tell(second, "TASK_RUNNING");
  harness.tell(third, "TASK_RUNNING");
  assertEquals([harness.eventTypes(), harness.callTypes()], [[], []]);
  harness.tell(LAST_QUESTION, "TASK_UNKNOWN");
  harness.run({ type: "REPORTED", results: [], reissues: false });
  const asked = harness.pass(30_000).filter(({ reconcile }) => reconcile?.tasks?.length === 0);
  assertEquals(asked.length, 1);
  harness.tell(third, "TASK_RUNNING");
  assertEquals([harness.eventTypes(), harness.callTypes()], [["JOB_FORGOTTEN"], ["KILL"]]);
  assertEquals(harness.state.jobs.get(2)?.taskId, second);
});

Deno.test("no retired executor is ended before Mesos has told what runs in it", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  const executorIds = [harness.taskOf(1)?.executorId ?? ""];
  // The copy does not hold the task.
  Object.assign(harness.state, { tasksByAgent: new Map() });
  harness.state.framework.retiredExecutorIds = executorIds;
  harness.state.adoption = { askMs: Infinity, limitMs: Infinity };
  harness.offer(offer({ executorIds }));
  assertEquals(harness.callTypes().includes("SHUTDOWN"), false);
  harness.state.adoption = undefined;
  harness.offer(offer({ id: "o2", executorIds }));
  assertEquals(harness.callTypes().includes("SHUTDOWN"), true);
});
