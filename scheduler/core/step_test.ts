import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { nodeInfoMessage } from "../../job/node_info.ts";
import { decodeTaskData } from "../../job/task_data.ts";
import { encodeOutcome } from "../../job/task_outcome.ts";
import { listNodes, nodeInUse } from "./nodes.ts";
import { MAX_MESSAGE_CHARACTERS } from "./job_lifecycle.ts";
import { findObstacles } from "./resume_conflicts.ts";
import { RESERVE_AFTER_MS } from "./offer_round.ts";
import { RECONCILE_INTERVAL_MS } from "./reconciliation.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { launched, LogicHarness, MIB, offer, scalar, shape, spec } from "../testing.ts";

const FINISHED = encodeOutcome({ exitStatus: 0, wallTimeSeconds: 1.5 });

// ---- issuing and launching

Deno.test("a job is launched on the first offer that fits, and reported once", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  assertEquals(harness.callTypes().includes("SUPPRESS"), true);
  assertEquals(harness.issue(spec({ name: "count" }), spec()), [1, 2]);
  assertEquals(harness.callTypes(), ["REVIVE"]);
  const [first, second] = harness.offer(offer({ cpus: 1 }), offer({ id: "o2", agentId: "a2" }));
  assertEquals([first?.name, first?.task_id.value, first?.agent_id.value], ["count", "1-1", "a1"]);
  assertEquals([second?.task_id.value, second?.agent_id.value], ["2-1", "a2"]);
  assertEquals(harness.callTypes(), ["ACCEPT", "ACCEPT", "SUPPRESS"]);
  harness.report("1-1", "TASK_STARTING");
  harness.report("1-1", "TASK_RUNNING");
  assertEquals(harness.eventTypes(), ["JOB_RUNNING"]);
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  assertEquals(harness.last?.events, [{
    type: "JOB_ENDED",
    result: {
      jobID: 1,
      name: "count",
      exitStatus: 0,
      exitReason: "FINISHED",
      wallTimeSeconds: 1.5,
      node: "ip-of-a1",
      message: "",
      taskId: "1-1",
    },
  }]);
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  assertEquals(harness.eventTypes(), []);
});

Deno.test("a task says everything that its executor and its agent need to know", () => {
  const harness = new LogicHarness({
    stdOutErrPaths: (jobID, taskId) => ({
      standardOutputPath: `/logs/${jobID}.${taskId}.out`,
      standardErrorPath: `/logs/${jobID}.${taskId}.err`,
    }),
  });
  harness.subscribe();
  harness.run({ type: "USER_SCRIPT", pickled: "m.FileResource:[]" });
  harness.issue(spec({ command: "echo $A", environment: { A: "b" }, shape: shape({ gpus: 1 }) }));
  const [task] = harness.offer(offer({ gpus: 2 }));
  assertEquals(decodeTaskData(task?.data ?? new Uint8Array()).jobs, [{
    jobID: 1,
    command: "echo $A",
    environment: { A: "b" },
    userScript: "m.FileResource:[]",
    standardOutputPath: "/logs/1.1-1.out",
    standardErrorPath: "/logs/1.1-1.err",
    gpus: 1,
    workerCleanup: { workflowID: "w", cleanWorkDir: "always" },
  }]);
  assertEquals(task?.resources, [scalar("gpus", 1), scalar("cpus", 1), scalar("mem", 64)]);
  assertEquals(task?.kill_policy?.grace_period?.nanoseconds, 5e9);
  assertEquals(task?.executor?.command?.value, "toil-mesos executor");
  assertEquals(task?.executor?.resources, [scalar("cpus", 0.01), scalar("mem", 32)]);
  assertEquals(task?.executor?.shutdown_grace_period?.nanoseconds, 10e9);
});

Deno.test("every offer is answered, whatever becomes of it", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec({ shape: shape({ cpusMilli: 3000 }) }));
  const { calls } = harness.run({
    type: "OFFERS",
    offers: [1, 2, 4, 2].map((cpus, i) => offer({ id: `o${i}`, agentId: `a${i}`, cpus })),
  });
  const answered = calls.flatMap(({ accept, decline }) =>
    accept?.offer_ids ?? decline?.offer_ids ?? []
  );
  assertEquals(answered.map(({ value }) => value).sort(), ["o0", "o1", "o2", "o3"]);
  assertEquals(launched(calls).length, 1);
  const filters = calls.flatMap(({ decline }) => decline?.filters?.refuse_seconds ?? []);
  assert(filters.every((seconds) => seconds > 5), "what does not fit comes back too soon");
});

Deno.test("offers that nobody waits for are declined, and not asked for", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.run({ type: "OFFERS", offers: [offer()] });
  assertEquals(harness.callTypes(), ["DECLINE", "SUPPRESS"]);
});

Deno.test("an offer with fields and attributes that we do not know is used all the same", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec());
  const strange = {
    ...offer({
      attributes: [
        { name: "zone", type: "SET", set: { item: ["x"] } },
        { name: "preemptible", type: "RANGES", ranges: { range: [] } },
      ],
    }),
    newer: { field: 1 },
  };
  assertEquals(harness.offer(strange).length, 1);
});

// ---- preemptible nodes

for (const value of ["true", "True", "TRUE", " yes ", "1", "on"]) {
  Deno.test(`an agent with preemptible:${value} gets only jobs that may be taken away`, () => {
    const harness = new LogicHarness();
    harness.subscribe();
    harness.issue(spec(), spec({ shape: shape({ preemptible: true }) }));
    const attributes = [{ name: "preemptible", type: "TEXT" as const, text: { value } }];
    const tasks = harness.offer(offer({ attributes }));
    assertEquals(tasks.map(({ task_id }) => task_id.value), ["2-1"]);
  });
}

for (const value of ["false", "False", "0", "no", "", "maybe"]) {
  Deno.test(`an agent with preemptible:${value} gets any job`, () => {
    const harness = new LogicHarness();
    harness.subscribe();
    harness.issue(spec(), spec({ shape: shape({ preemptible: true }) }));
    const attributes = [{ name: "preemptible", type: "TEXT" as const, text: { value } }];
    assertEquals(harness.offer(offer({ attributes })).length, 2);
  });
}

Deno.test("an agent with the number preemptible:1 is preemptible", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec());
  const attributes = [{ name: "preemptible", type: "SCALAR" as const, scalar: { value: 1 } }];
  assertEquals(harness.offer(offer({ attributes })), []);
});

// ---- executors

Deno.test("the executor's resources are set aside until it is there", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(...Array.from({ length: 4 }, () => spec()));
  assertEquals(harness.offer(offer({ mem: 64 })).length, 0, "no room for executor and job");
  const [task] = harness.offer(offer({ mem: 96 }));
  const executorIds = [task?.executor?.executor_id.value ?? ""];
  assertEquals(harness.offer(offer({ mem: 64, executorIds })).length, 1);
});

Deno.test("while an executor may be there, tasks name the very same one", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec(), spec());
  const reserved = offer({ cpus: 1 });
  reserved.resources = [
    scalar("cpus", 1),
    scalar("mem", 32, { role: "r", allocation_info: { role: "*" } }),
    scalar("mem", 64),
  ];
  const [first] = harness.offer(reserved);
  // The next offer was made before the executor was known: it is not named, and may yet be there.
  const [second] = harness.offer(offer({ cpus: 1.01 }));
  assertEquals(second?.executor, first?.executor);
  // It is gone, and its tasks with it: a new one is made of what is offered now.
  const executorId = first?.executor?.executor_id.value ?? "";
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  harness.report("2-1", "TASK_FINISHED", FINISHED);
  harness.run({ type: "EXECUTOR_LOST", agentId: "a1", executorId, status: 9 });
  const [third] = harness.offer(offer());
  assertNotEquals(third?.executor?.executor_id, first?.executor?.executor_id);
  assertEquals(third?.executor?.resources, [scalar("cpus", 0.01), scalar("mem", 32)]);
});

Deno.test("each role has an executor of its own on an agent", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec());
  const [first] = harness.offer(offer({ cpus: 1, role: "r1" }));
  const [second] = harness.offer(offer({ cpus: 1, role: "r2" }));
  assertEquals(first?.executor?.resources?.[0]?.allocation_info?.role, "r1");
  assertEquals(second?.executor?.resources?.[0]?.allocation_info?.role, "r2");
  assertNotEquals(first?.executor?.executor_id, second?.executor?.executor_id);
});

Deno.test("after a restart an executor is used again if it is still what it would be now", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  const before = [...harness.state.executors.get("a1")?.values() ?? []][0]?.executorId ?? "";
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  harness.issue(spec(), spec());
  harness.restart();
  const [same] = harness.offer(offer({ cpus: 1, executorIds: [before] }));
  assertEquals(same?.executor?.executor_id.value, before);
  harness.restart({ executorCommand: { shell: true, value: "toil-mesos-2 executor" } });
  const [other] = harness.offer(offer({ cpus: 1, executorIds: [before] }));
  assertNotEquals(other?.executor?.executor_id.value, before);
  assertEquals(other?.executor?.command?.value, "toil-mesos-2 executor");
});

// ---- GPUs

Deno.test("GPUs are asked for once a job needs one", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec());
  assertEquals(harness.last?.updateFramework, false);
  harness.issue(spec({ shape: shape({ gpus: 1 }) }));
  assertEquals(harness.last?.updateFramework, true);
  harness.issue(spec({ shape: shape({ gpus: 1 }) }));
  assertEquals(harness.last?.updateFramework, false);
});

// ---- updates

Deno.test("an update is acknowledged if it has a uuid, and only then", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  assertEquals(harness.report(taskId, "TASK_RUNNING").calls[0]?.acknowledge?.task_id.value, taskId);
  harness.tell(taskId, "TASK_RUNNING");
  assertEquals(harness.callTypes(), []);
  harness.report("99-1", "TASK_FINISHED");
  assertEquals(harness.callTypes(), ["ACKNOWLEDGE"]);
});

Deno.test("a state of a newer Mesos is acknowledged and survived", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, undefined);
  assertEquals(harness.callTypes(), ["ACKNOWLEDGE"]);
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  assertEquals(harness.eventTypes(), ["JOB_ENDED"]);
});

Deno.test("slots that are freed are filled at once", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(...Array.from({ length: 5 }, () => spec()));
  harness.offer(offer());
  harness.nowMs += 100;
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  assertEquals(harness.callTypes(), ["ACKNOWLEDGE", "REVIVE"]);
});

Deno.test("freed slots that no waiting job could use are left to Mesos", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec({ shape: shape({ cpusMilli: 64_000 }) }));
  harness.offer(offer());
  harness.nowMs += 100;
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  assertEquals(harness.callTypes(), ["ACKNOWLEDGE"]);
});

Deno.test("a launch that did not get through goes back to the front, and is not reported", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec());
  harness.offer(offer({ cpus: 1 }));
  harness.nowMs += 100;
  harness.tell("1-1", "TASK_DROPPED", { reason: "REASON_INVALID_OFFERS" });
  assertEquals(harness.eventTypes(), []);
  harness.run({ type: "TICK" });
  harness.tell("1-1", "TASK_GONE", { reason: "REASON_RECONCILIATION" });
  assertEquals(harness.eventTypes(), ["JOB_REQUEUED"]);
  assertEquals(harness.callTypes(), ["REVIVE"]);
  const tasks = harness.offer(offer({ cpus: 1 }));
  assertEquals(tasks.map(({ task_id }) => task_id.value), ["1-2"]);
});

Deno.test("what the master says of an end is no result yet: the report is waited for", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.tell(taskId, "TASK_FAILED", { reason: "REASON_AGENT_REREGISTERED" });
  assertEquals(harness.eventTypes(), []);
  harness.report(taskId, "TASK_STARTING");
  harness.report(taskId, "TASK_RUNNING");
  assertEquals(harness.eventTypes(), []);
  harness.report(taskId, "TASK_FAILED", encodeOutcome({ exitStatus: 33, wallTimeSeconds: 2 }));
  const [ended] = harness.last?.events ?? [];
  assert(ended?.type === "JOB_ENDED");
  assertEquals([ended.result.exitStatus, ended.result.wallTimeSeconds], [33, 2]);
});

Deno.test("of what is said about an end a result keeps no more than people read", () => {
  const message = "x".repeat(1e6);
  for (const tell of [true, false]) {
    const harness = new LogicHarness();
    const taskId = harness.launchOne();
    if (tell) harness.tell(taskId, "TASK_FAILED", { message });
    else harness.report(taskId, "TASK_FAILED", { message });
    harness.pass(60_000);
    const result = harness.state.jobs.get(1)?.result;
    assertEquals(result?.message.length, MAX_MESSAGE_CHARACTERS);
  }
});

Deno.test("a report that never comes is given up, and the master's word is taken", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.tell(taskId, "TASK_FINISHED");
  harness.pass(59_000);
  assertEquals(harness.state.undelivered.size, 0);
  harness.pass(2_000);
  const result = harness.state.jobs.get(1)?.result;
  assertEquals([result?.exitReason, result?.exitStatus], ["FINISHED", 0]);
  assert((result?.wallTimeSeconds ?? 0) > 0);
});

Deno.test("a job whose executor died is lost, and says how it died", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  const [executor] = harness.state.executors.get("a1")?.values() ?? [];
  const executorId = executor?.executorId ?? "";
  harness.report(taskId, "TASK_RUNNING");
  harness.run({ type: "EXECUTOR_LOST", agentId: "a1", executorId, status: 9 });
  harness.report(taskId, "TASK_FAILED", {
    source: "SOURCE_AGENT",
    reason: "REASON_EXECUTOR_TERMINATED",
    message: "Executor terminated",
  });
  const result = harness.state.jobs.get(1)?.result;
  assertEquals([result?.exitReason, result?.exitStatus], ["LOST", 255]);
  assertEquals(
    result?.message,
    "REASON_EXECUTOR_TERMINATED: Executor terminated (the executor was killed by signal 9)",
  );
});

// ---- partitions

Deno.test("a job on a node that comes back in time goes on", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.tell(taskId, "TASK_UNREACHABLE", { reason: "REASON_AGENT_REMOVED" });
  assertEquals(harness.eventTypes(), ["JOB_UNREACHABLE"]);
  harness.pass(599_000);
  harness.tell(taskId, "TASK_RUNNING", { reason: "REASON_AGENT_REREGISTERED" });
  harness.pass(601_000);
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  assertEquals(harness.state.jobs.get(1)?.result?.exitReason, "FINISHED");
});

Deno.test("a job on a node that stays away is lost, and killed if it reappears", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.tell(taskId, "TASK_UNREACHABLE");
  const calls = harness.pass(601_000);
  assertEquals(calls.filter(({ kill }) => kill?.task_id.value === taskId).length, 1);
  assertEquals(harness.state.jobs.get(1)?.result?.exitReason, "LOST");
  harness.tell(taskId, "TASK_RUNNING", { reason: "REASON_AGENT_REREGISTERED" });
  assertEquals(harness.callTypes(), ["KILL"]);
  harness.report(taskId, "TASK_KILLED");
  assertEquals(harness.callTypes(), ["ACKNOWLEDGE"]);
  assertEquals(harness.eventTypes(), []);
});

for (const state of ["TASK_GONE", "TASK_GONE_BY_OPERATOR", "TASK_LOST"] as const) {
  Deno.test(`a running job that is told to be ${state} is lost at once`, () => {
    const harness = new LogicHarness();
    const taskId = harness.launchOne();
    harness.report(taskId, "TASK_RUNNING");
    harness.tell(taskId, state, { message: "gone" });
    const result = harness.state.jobs.get(1)?.result;
    assertEquals([result?.exitReason, result?.exitStatus], ["LOST", 255]);
    assertEquals(result?.message, `${state}: gone`);
  });
}

// ---- kills

Deno.test("a job that waits is killed by forgetting it: it never runs", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec());
  harness.run({ type: "KILL", jobIDs: [1, 77] });
  assertEquals(harness.last?.events, [{ type: "JOB_KILLED", jobID: 1, confirmed: true }]);
  assertEquals(harness.offer(offer()).map(({ task_id }) => task_id.value), ["2-1"]);
});

Deno.test("a kill names agent and grace, and is repeated until the job is dead", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.run({ type: "KILL", jobIDs: [1] });
  assertEquals(harness.last?.calls.at(-1), {
    type: "KILL",
    kill: {
      task_id: { value: taskId },
      agent_id: { value: "a1" },
      kill_policy: { grace_period: { nanoseconds: 5e9 } },
    },
  });
  const repeated = harness.pass(10_000).filter(({ type }) => type === "KILL").length;
  assert(repeated >= 2, `repeated ${repeated} times in 10 s`);
  harness.report(taskId, "TASK_KILLED", encodeOutcome({ exitStatus: -15 }));
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
  assertEquals(harness.pass(60_000).filter(({ type }) => type === "KILL"), []);
  assertEquals(harness.state.jobs.size, 0);
});

Deno.test("a kill while disconnected is said after the next subscription", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.run({ type: "DISCONNECTED", reason: "r" });
  harness.run({ type: "KILL", jobIDs: [1] });
  assertEquals(harness.callTypes(), []);
  harness.subscribe();
  assert(harness.callTypes().includes("KILL"));
});

Deno.test("a kill survives a restart", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.run({ type: "DISCONNECTED", reason: "r" });
  harness.run({ type: "KILL", jobIDs: [1] });
  harness.restart();
  harness.subscribe();
  assert(harness.callTypes().includes("KILL"));
});

for (
  const [state, confirmed] of [
    ["TASK_UNKNOWN", false],
    ["TASK_UNREACHABLE", false],
    ["TASK_GONE", true],
    ["TASK_LOST", true],
    ["TASK_FINISHED", true],
  ] as const
) {
  Deno.test(`a kill that is answered with ${state} is over`, () => {
    const harness = new LogicHarness();
    const taskId = harness.launchOne();
    harness.report(taskId, "TASK_RUNNING");
    harness.run({ type: "KILL", jobIDs: [1] });
    harness.tell(taskId, state);
    assertEquals(harness.last?.events, [{ type: "JOB_KILLED", jobID: 1, confirmed }]);
    assertEquals(harness.state.jobs.size, 0);
  });
}

Deno.test("a job that ends by itself before it could be killed is not reported", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.run({ type: "KILL", jobIDs: [1] });
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
});

Deno.test("a result that nobody has taken yet is dropped by a kill, but not from the history", () => {
  const store = new MemoryStore();
  const harness = new LogicHarness({}, store);
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  harness.run({ type: "KILL", jobIDs: [1] });
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
  assertEquals(harness.state.undelivered.size, 0);
  assertEquals(store.endedJob(1)?.result?.exitReason, "FINISHED");
});

// ---- reconciliation

Deno.test("after every subscription all live tasks are asked about, and then all there are", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.run({ type: "DISCONNECTED", reason: "r" });
  harness.subscribe();
  const asked = harness.last?.calls.find(({ reconcile }) => reconcile)?.reconcile?.tasks;
  assertEquals(asked, [{ task_id: { value: taskId }, agent_id: { value: "a1" } }]);
  harness.tell(taskId, "TASK_RUNNING", { reason: "REASON_RECONCILIATION" });
  const [implicit] = harness.pass(1000).filter(({ reconcile }) => reconcile);
  assertEquals(implicit?.reconcile?.tasks, []);
});

Deno.test("everything is asked about again from time to time", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.pass(60_000);
  // Its executor is heard now and then.
  harness.state.signs.clear();
  const calls = harness.pass(RECONCILE_INTERVAL_MS).filter(({ reconcile }) => reconcile);
  assertEquals(calls[0]?.reconcile?.tasks?.[0]?.task_id.value, taskId);
});

Deno.test("a launch without a word is asked about soon", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.pass(2_000);
  const calls = harness.pass(40_000).filter(({ reconcile }) => reconcile?.tasks?.length);
  assertEquals(calls[0]?.reconcile?.tasks?.[0]?.task_id.value, taskId);
});

Deno.test("tasks that we do not know are killed if they live, and left alone if not", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.tell("77-1", "TASK_RUNNING");
  assertEquals(harness.callTypes(), ["KILL"]);
  for (const state of ["TASK_FINISHED", "TASK_UNKNOWN", "TASK_UNREACHABLE"] as const) {
    harness.tell("77-1", state);
    assertEquals(harness.callTypes(), [], state);
  }
});

// ---- restarts and removal

Deno.test("after a restart jobs that ran go on, jobs that waited wait, results are kept", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec(), spec());
  harness.offer(offer({ cpus: 2 }));
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  harness.report("2-1", "TASK_RUNNING");
  harness.nowMs += 10_000;
  harness.restart();
  assertEquals(harness.state.framework.frameworkId, "f");
  assertEquals([...harness.state.undelivered], [1]);
  harness.subscribe();
  const [question] = harness.last?.calls.filter(({ reconcile }) => reconcile) ?? [];
  assertEquals(question?.reconcile?.tasks?.map(({ task_id }) => task_id.value), ["2-1"]);
  assertEquals(harness.offer(offer({ cpus: 1.01 })).map(({ task_id }) => task_id.value), ["3-1"]);
  harness.report("2-1", "TASK_FINISHED", FINISHED);
  assertEquals([...harness.state.undelivered], [1, 2]);
  assertEquals(harness.issue(spec()), [4]);
});

Deno.test("a launch that was written down but never sent is found out and launched again", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  harness.restart();
  harness.subscribe();
  harness.tell("1-1", "TASK_GONE", { reason: "REASON_RECONCILIATION" });
  assertEquals(harness.eventTypes(), ["JOB_REQUEUED"]);
  assertEquals(harness.offer(offer()).map(({ task_id }) => task_id.value), ["1-2"]);
});

Deno.test("what ran on a Mesos that ended with its scheduler is lost, and what waited goes on", () => {
  const harness = new LogicHarness({ mesosIsTemporary: true });
  harness.run({ type: "STARTED" });
  harness.subscribe();
  harness.issue(spec(), spec());
  harness.offer(offer({ cpus: 1 }));
  harness.report("1-1", "TASK_RUNNING");
  harness.restart();
  const result = harness.state.jobs.get(1)?.result;
  assertEquals([result?.exitReason, result?.message], [
    "LOST",
    "the embedded Mesos that it ran on ended with the scheduler",
  ]);
  assertEquals(harness.state.framework.frameworkId, undefined);
  harness.subscribe("f2");
  assertEquals(harness.offer(offer()).map(({ task_id }) => task_id.value), ["2-1"]);
});

Deno.test("findObstacles() counts what a run would end, or could not reach", () => {
  const harness = new LogicHarness();
  harness.run({ type: "STARTED" });
  harness.subscribe();
  harness.issue(spec({ fileDigest: "a" }), spec({ fileDigest: "a" }), spec());
  harness.offer(offer({ cpus: 1 }));
  const find = (digest: string, mesosIsTemporary: boolean) =>
    findObstacles(harness.state, { digest, mesosIsTemporary });
  assertEquals(find("a", false), { jobsOfOthers: 1, jobsElsewhere: 0 });
  assertEquals(find("b", true), { jobsOfOthers: 3, jobsElsewhere: 1 });
  harness.restart({ mesosIsTemporary: true });
  assertEquals(find("a", true), { jobsOfOthers: 1, jobsElsewhere: 0 });
});

Deno.test("when Mesos has removed the framework, what ran is lost and what waits goes on", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec(), spec());
  harness.offer(offer({ cpus: 2 }));
  harness.report("1-1", "TASK_RUNNING");
  harness.run({ type: "KILL", jobIDs: [2] });
  harness.run({ type: "FRAMEWORK_REMOVED" });
  assertEquals(harness.last?.subscribeAnew, true);
  const result = harness.state.jobs.get(1)?.result;
  assertEquals([result?.exitReason, result?.message], [
    "LOST",
    "Mesos has removed the framework",
  ]);
  assertEquals(harness.state.jobs.has(2), false);
  assertEquals(harness.state.framework.frameworkId, undefined);
  harness.subscribe("f2");
  assertEquals(harness.offer(offer({ cpus: 1 })).map(({ task_id }) => task_id.value), ["3-1"]);
});

Deno.test("a process that leaves starts nothing new, and what it kept goes on with the next", () => {
  const harness = new LogicHarness({ maxLocalJobs: 1 });
  harness.subscribe();
  harness.issue(spec(), spec(), spec({ local: true }));
  harness.offer(offer({ cpus: 1 }));
  harness.run({ type: "STOPPING", killTasks: false });
  harness.run({ type: "OFFERS", offers: [offer()] });
  assertEquals(harness.callTypes(), ["DECLINE"]);
  harness.run({ type: "LOCAL_ENDED", jobID: 3, end: { exitReason: "KILLED", exitStatus: -15 } });
  harness.run({ type: "STOPPED", tornDown: false });
  harness.restart();
  assertEquals(harness.state.framework.frameworkId, "f");
  assertEquals(harness.localActions().length, 1, "the local job starts anew");
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  assertEquals(harness.state.jobs.get(1)?.result?.exitReason, "FINISHED");
});

Deno.test("after the framework was removed on leaving, the next process begins where it was", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec(), spec());
  harness.offer(offer({ cpus: 2 }));
  harness.run({ type: "KILL", jobIDs: [2] });
  harness.run({ type: "STOPPING", killTasks: false });
  harness.run({ type: "STOPPED", tornDown: true });
  harness.restart();
  assertEquals(harness.state.framework.frameworkId, undefined);
  harness.subscribe("f2");
  const tasks = harness.offer(offer());
  assertEquals(tasks.map(({ task_id }) => task_id.value), ["1-2", "3-1"]);
});

Deno.test("a process that leaves for good kills its tasks, and their jobs wait for the next", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec(), spec(), spec());
  harness.offer(offer({ cpus: 3 }));
  harness.report("3-1", "TASK_UNREACHABLE");
  harness.run({ type: "STOPPING", killTasks: true });
  assertEquals(harness.callTypes(), ["KILL", "KILL"], "an unreachable agent hears no kill");
  harness.report("1-1", "TASK_KILLED", { message: "-15" });
  harness.report("2-1", "TASK_FINISHED", FINISHED);
  assertEquals(harness.state.jobs.get(1)?.result, undefined);
  assertEquals(harness.state.jobs.get(2)?.result?.exitReason, "FINISHED");
  harness.run({ type: "STOPPED", tornDown: true });
  harness.restart();
  harness.subscribe("f2");
  const tasks = harness.offer(offer());
  assertEquals(tasks.map(({ task_id }) => task_id.value).sort(), ["1-2", "3-2", "4-1"]);
});

// ---- nodes

Deno.test("an ignored node gets no jobs, by address or by name, until it is not ignored", () => {
  for (const node of ["ip-of-a1", "host-of-a1"]) {
    const harness = new LogicHarness();
    harness.subscribe();
    harness.issue(spec(), spec());
    harness.run({ type: "IGNORE_NODE", node });
    assertEquals(harness.offer(offer()), []);
    harness.restart();
    harness.subscribe();
    assertEquals(harness.offer(offer()), [], "a restart forgets nothing");
    harness.run({ type: "UNIGNORE_NODE", node });
    harness.run({ type: "UNIGNORE_NODE", node: "never ignored" });
    harness.nowMs += 10;
    assertEquals(harness.offer(offer()).length, 2);
  }
});

Deno.test("a node that is no longer ignored gets jobs after its rest", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.offer(offer({ id: "o1" }));
  harness.run({ type: "IGNORE_NODE", node: "ip-of-a1" });
  harness.issue(spec());
  harness.run({ type: "UNIGNORE_NODE", node: "ip-of-a1", restMs: 5_000 });
  harness.nowMs += 4_999;
  assertEquals(harness.offer(offer({ id: "o2" })), []);
  harness.nowMs += 1;
  assertEquals(harness.offer(offer({ id: "o3" })).length, 1);
});

Deno.test("nodeInUse() is true exactly while a job of ours is there", () => {
  const harness = new LogicHarness();
  assertEquals(nodeInUse(harness.state, "ip-of-a1"), false);
  const taskId = harness.launchOne();
  for (const node of ["ip-of-a1", "host-of-a1"]) {
    assertEquals(nodeInUse(harness.state, node), true);
  }
  assertEquals(nodeInUse(harness.state, "ip-of-a2"), false);
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  assertEquals(nodeInUse(harness.state, "ip-of-a1"), false);
});

Deno.test("listNodes() tells of every node, idle ones and silent ones too", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec());
  const attributes = [{ name: "preemptible", type: "TEXT" as const, text: { value: "true" } }];
  harness.offer(offer(), offer({ id: "o2", agentId: "a2", attributes }));
  harness.run({
    type: "NODE_INFO",
    executorId: "e",
    agentId: "a1",
    message: nodeInfoMessage("a1", {
      coresUsed: 0.5,
      memoryUsed: 0.1,
      coresTotal: 8,
      memoryTotal: 1e9,
      workers: 1,
    }),
  });
  const nodes = listNodes(harness.state, {}, harness.nowMs);
  assertEquals(nodes.get("ip-of-a1"), {
    coresUsed: 0.5,
    memoryUsed: 0.1,
    coresTotal: 8,
    memoryTotal: 1e9,
    requestedCores: 1,
    requestedMemory: 64 * MIB,
    workers: 1,
  });
  assertEquals(nodes.get("ip-of-a2"), {
    coresUsed: 0,
    memoryUsed: 0,
    coresTotal: 4,
    memoryTotal: 4096 * MIB,
    requestedCores: 0,
    requestedMemory: 0,
    workers: 0,
  });
  const addresses = (query: Parameters<typeof listNodes>[1]) => [
    ...listNodes(harness.state, query, harness.nowMs).keys(),
  ];
  assertEquals(addresses({ preemptible: true }), ["ip-of-a2"]);
  assertEquals(addresses({ preemptible: false }), ["ip-of-a1"]);
  harness.nowMs += 5000;
  assertEquals(addresses({ seenWithinMs: 4999 }), []);
  assertEquals(addresses({ seenWithinMs: 5000 }).length, 2);
  harness.run({ type: "AGENT_LOST", agentId: "a1" });
  assertEquals(addresses({}), ["ip-of-a2"]);
});

Deno.test("listNodes() takes agents that share an address for one node", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec());
  const { url } = offer();
  const second = offer({ id: "o2", agentId: "a2", cpus: 3, mem: 1024 });
  harness.offer(offer({ cpus: 1 }), { ...second, ...(url ? { url } : {}) });
  const totals = () => {
    const [node, ...others] = listNodes(harness.state, {}, harness.nowMs).values();
    assertEquals(others, []);
    return [node?.coresTotal, node?.memoryTotal, node?.requestedCores, node?.workers];
  };
  assertEquals(totals(), [4, 5120 * MIB, 2, 2]);
  for (const agentId of ["a1", "a2"]) {
    const load = { coresUsed: 0, memoryUsed: 0, coresTotal: 8, memoryTotal: 1e9, workers: 1 };
    harness.run({
      type: "NODE_INFO",
      agentId,
      executorId: "e",
      message: nodeInfoMessage(agentId, load),
    });
  }
  // What executors tell is of the machine, and the same of both.
  assertEquals(totals(), [8, 1e9, 2, 2]);
});

Deno.test("the tasks of an agent that is gone are asked about", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.pass(5000);
  harness.run({ type: "AGENT_LOST", agentId: "a1" });
  const [question] = harness.pass(1000).filter(({ reconcile }) => reconcile);
  assertEquals(question?.reconcile?.tasks?.[0]?.task_id.value, taskId);
});

// ---- local jobs

Deno.test("local jobs run beside the scheduler, so many at a time, with ids of the same kind", () => {
  const harness = new LogicHarness();
  const local = spec({ local: true });
  assertEquals(harness.issue(local, spec(), local, local), [1, 2, 3, 4]);
  const started = harness.localActions().flatMap((action) =>
    action.type === "START" ? [action.job.jobID] : []
  );
  assertEquals(started, [1, 3]);
  const end = { exitReason: "FINISHED" as const, exitStatus: 0, wallTimeSeconds: 1 };
  harness.run({ type: "LOCAL_ENDED", jobID: 1, end });
  assertEquals(harness.eventTypes(), ["JOB_ENDED", "JOB_RUNNING"]);
  harness.run({ type: "KILL", jobIDs: [3] });
  assertEquals(harness.localActions(), [{ type: "KILL", jobID: 3 }]);
  harness.run({ type: "LOCAL_ENDED", jobID: 3, end: { exitReason: "KILLED", exitStatus: -15 } });
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
});

Deno.test("local jobs that ran when the scheduler died are lost, the others start", () => {
  const harness = new LogicHarness({ maxLocalJobs: 1 });
  harness.issue(spec({ local: true }), spec({ local: true }));
  harness.restart();
  assertEquals(harness.state.jobs.get(1)?.result?.exitReason, "LOST");
  assertEquals(harness.localActions().length, 1);
});

// ---- job files

Deno.test("the jobs of a file are issued once, however often they are", () => {
  const harness = new LogicHarness();
  const part = (issuedBefore: number, specs = [spec(), spec()]) =>
    harness.run({ type: "ISSUE", specs, file: { digest: "d", issuedBefore } }).issuedJobIDs;
  assertEquals(part(0), [1, 2]);
  assertEquals(part(0), []);
  harness.restart();
  assertEquals(part(0), []);
  assertEquals(part(2), [3, 4]);
  assertEquals(harness.state.jobFiles.get("d"), { digest: "d", issued: 4, ended: {} });
});

Deno.test("how the jobs of a file have ended is counted, and not forgotten", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  const specs = [spec(), spec(), spec(), spec()];
  harness.run({ type: "ISSUE", specs, file: { digest: "d", issuedBefore: 0 } });
  harness.issue(spec());
  harness.offer(offer({ cpus: 3 }));
  for (const taskId of ["1-1", "2-1"]) harness.report(taskId, "TASK_FINISHED", FINISHED);
  harness.report("3-1", "TASK_FAILED", encodeOutcome({ exitStatus: 1 }));
  harness.run({ type: "KILL", jobIDs: [4, 5] });
  harness.run({ type: "DELIVERED", jobIDs: [1, 3, 3] });
  harness.restart();
  assertEquals(harness.state.jobFiles.get("d")?.ended, { KILLED: 1, FINISHED: 1, FAILED: 1 });
  harness.run({ type: "DELIVERED", jobIDs: [2] });
  assertEquals(harness.state.jobFiles.get("d")?.ended["FINISHED"], 2);
});

// ---- starvation

Deno.test("people are told what holds jobs back, once in a while", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec({ shape: shape({ cpusMilli: 64_000 }) }));
  harness.offer(offer());
  const told: string[] = [];
  for (let i = 0; i < 700; i++) {
    harness.pass(1000);
    for (const event of harness.last?.events ?? []) {
      if (event.type === "STARVING") told.push(event.message);
    }
  }
  assertEquals(told.length, 2);
  assertEquals(
    told[0],
    "1 job waits for 64 cores and 64 MiB of memory each: the largest node offers 4 cores",
  );
});

Deno.test("a large job is not starved by small ones that keep coming", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  const small = spec({ shape: shape() });
  harness.issue(small, small, small, small);
  const running = harness.offer(offer()).map(({ task_id }) => task_id.value);
  const [large] = harness.issue(spec({ shape: shape({ cpusMilli: 4000 }) }));
  for (let second = 0; second < 300; second++) {
    harness.pass(1000);
    while (harness.state.queue.size < 4) harness.issue(small);
    const taskId = running.shift();
    if (taskId) harness.report(taskId, "TASK_FINISHED", FINISHED);
    const executorIds = [
      [...harness.state.executors.get("a1")?.values() ?? []][0]?.executorId ?? "",
    ];
    const tasks = harness.offer(offer({ id: `o${second}`, cpus: 4 - running.length, executorIds }));
    if (tasks.some(({ task_id }) => task_id.value === `${large}-1`)) return;
    running.push(...tasks.map(({ task_id }) => task_id.value));
  }
  throw new Error("the large job was not launched within five minutes");
});

Deno.test("a node that is not offered any more is not kept free for a large job", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  // Two nodes; the second one is drained then, which nobody says.
  harness.issue(spec());
  harness.offer(offer({ cpus: 4 }), offer({ id: "o2", agentId: "a2", cpus: 4 }));
  harness.issue(spec({ shape: shape({ cpusMilli: 4000 }) }));
  harness.pass(2 * RESERVE_AFTER_MS + 1_000);
  harness.issue(spec());
  assertEquals(harness.state.reservation?.agentId, "a1");
  assertEquals(harness.offer(offer({ cpus: 3 })), [], "small jobs do not get in between");
});

Deno.test("people are told when No offers from Mesos, though nodes are known that are free", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.report(harness.launchOne(), "TASK_FINISHED", FINISHED);
  harness.issue(spec());
  const told: string[] = [];
  for (let second = 0; second < 35; second++) {
    harness.pass(1_000);
    for (const event of harness.last?.events ?? []) {
      if (event.type === "STARVING") told.push(event.message);
    }
  }
  assertEquals(told.length, 1);
  assertEquals(told[0]?.startsWith("No offers from Mesos"), true);
});

Deno.test("no ignored node is kept free for a large job, and none that has no room beside its executor", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.run({ type: "IGNORE_NODE", node: "ip-of-ignored" });
  harness.issue(spec({ shape: shape({ memoryBytes: 4096 * MIB }) }));
  harness.offer(offer({ id: "o1", agentId: "ignored", mem: 8192 }));
  harness.offer(offer({ id: "o2", agentId: "narrow", mem: 4096 }));
  harness.pass(RESERVE_AFTER_MS);
  assertEquals(harness.state.reservation, undefined);
  harness.run({ type: "UNIGNORE_NODE", node: "ip-of-ignored" });
  harness.pass(1000);
  assertEquals(harness.state.reservation?.agentId, "ignored");
});
