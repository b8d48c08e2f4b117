import { assert, assertEquals } from "@std/assert";
import { encodeOutcome } from "../../job/task_outcome.ts";
import { LAUNCH_BACKOFF_MAX_MS, LAUNCH_BACKOFF_MS } from "./agent_rest.ts";
import { LogicHarness, offer, shape, spec } from "../testing.ts";
import { LAUNCH_ANSWER_MS, LAUNCH_LIMIT_MS, LAUNCH_WARN_MS } from "./silent_launches.ts";
import { MAX_VAIN_DEPLOYMENTS, MAX_VAIN_LAUNCHES } from "./task_updates.ts";

const FINISHED = encodeOutcome({ exitStatus: 0, wallTimeSeconds: 1.5 });

/** The ids of our executors on the agent. */
function executorsOf({ state }: LogicHarness): string[] {
  return [...state.executors.get("a1")?.values() ?? []].map(({ executorId }) => executorId);
}

Deno.test("tasks that a framework had before us are not taken for ours", () => {
  const harness = new LogicHarness({ taskIdEpoch: "e" });
  const taskId = harness.launchOne();
  for (const other of ["1-1", taskId.replace("-e", "-d")]) {
    harness.tell(other, "TASK_RUNNING");
    assertEquals(harness.last?.calls.map(({ kill }) => kill?.task_id.value), [other]);
    harness.report(other, "TASK_FINISHED", FINISHED);
    assertEquals(harness.eventTypes(), []);
  }
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  assertEquals(harness.eventTypes(), ["JOB_ENDED"]);
});

const EXECUTOR_ENDED = {
  source: "SOURCE_AGENT",
  reason: "REASON_EXECUTOR_TERMINATED",
  message: "Executor terminated",
} as const;

const WITH_THE_EXECUTOR = [
  ["TASK_FAILED", EXECUTOR_ENDED],
  ["TASK_FAILED", { source: "SOURCE_AGENT", reason: "REASON_CONTAINER_LIMITATION_MEMORY" }],
  ["TASK_GONE", { source: "SOURCE_AGENT", reason: "REASON_CONTAINER_UPDATE_FAILED" }],
  ["TASK_GONE", { source: "SOURCE_AGENT", reason: "REASON_EXECUTOR_REREGISTRATION_TIMEOUT" }],
] as const;

for (const [state, status] of WITH_THE_EXECUTOR) {
  Deno.test(`a job that ends with its executor (${status.reason}) is lost only if it has begun`, () => {
    const idle = new LogicHarness();
    idle.report(idle.launchOne(), state, status);
    assertEquals(idle.eventTypes(), ["JOB_REQUEUED"]);
    const begun = new LogicHarness();
    const taskId = begun.launchOne();
    begun.report(taskId, "TASK_STARTING");
    begun.restart();
    begun.report(taskId, state, status);
    assertEquals(begun.eventTypes(), ["JOB_ENDED"]);
  });
}

Deno.test("a job that is reported to have begun after its end was told is lost with its executor", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.tell(taskId, "TASK_FAILED", { reason: "REASON_RECONCILIATION" });
  harness.report(taskId, "TASK_STARTING");
  harness.report(taskId, "TASK_FAILED", EXECUTOR_ENDED);
  assertEquals(harness.state.jobs.get(1)?.result?.exitReason, "LOST");
});

Deno.test("jobs that go back to the queue are the next to be launched", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  harness.issue(spec());
  harness.report("1-1", "TASK_FAILED", EXECUTOR_ENDED);
  const [next] = harness.offer(offer({ id: "o2", agentId: "a2", cpus: 1.01 }));
  assertEquals(next?.task_id.value, "1-2");
});

/** Two nodes; executors on the first end before they have begun anything. */
function blackHole(): LogicHarness {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec());
  harness.offer(offer({ id: "o2", agentId: "a2" }));
  harness.report("1-1", "TASK_RUNNING");
  return harness;
}

/** Offers the first node until a job is launched there, and fails it; gives how long that took. */
function failOnce(harness: LogicHarness): number {
  const [jobID] = harness.issue(spec());
  let restMs = 0;
  while (harness.offer(offer()).length === 0) {
    restMs += 1000;
    harness.nowMs += 1000;
  }
  harness.report(`${jobID}-1`, "TASK_FAILED", EXECUTOR_ENDED);
  harness.run({ type: "KILL", jobIDs: [jobID ?? 0] });
  return restMs;
}

Deno.test("an agent whose executors begin nothing rests, up to half an hour, while others work", () => {
  const harness = blackHole();
  const rests = Array.from({ length: 12 }, () => failOnce(harness));
  assertEquals(rests.slice(0, 4), [0, 5_000, 10_000, 20_000]);
  assertEquals(rests.at(-1), 30 * 60_000);
});

Deno.test("an agent whose executors begin nothing is tried soon where no other agent works", () => {
  const harness = blackHole();
  for (let failure = 0; failure < 8; failure++) failOnce(harness);
  harness.run({ type: "AGENT_LOST", agentId: "a2" });
  assert(failOnce(harness) <= LAUNCH_BACKOFF_MAX_MS);
  assert(failOnce(harness) <= LAUNCH_BACKOFF_MAX_MS);
});

Deno.test("a task that begins ends all mistrust of its agent", () => {
  const harness = blackHole();
  for (let failure = 0; failure < 3; failure++) failOnce(harness);
  harness.nowMs += 60_000;
  const [jobID] = harness.issue(spec());
  harness.offer(offer());
  harness.report(`${jobID}-1`, "TASK_STARTING");
  assertEquals([failOnce(harness), failOnce(harness)], [0, 5_000]);
});

Deno.test("tasks that were launched together are one failure of their agent", () => {
  const harness = blackHole();
  harness.issue(spec(), spec(), spec());
  assertEquals(harness.offer(offer()).length, 3);
  for (const taskId of ["2-1", "3-1", "4-1"]) {
    harness.nowMs += 10;
    harness.report(taskId, "TASK_FAILED", EXECUTOR_ENDED);
  }
  harness.run({ type: "KILL", jobIDs: [2, 3, 4] });
  assertEquals(failOnce(harness), 5_000);
});

Deno.test("a job whose executors begin nothing anywhere ends as ERROR, and says how they ended", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  const [executorId = ""] = executorsOf(harness);
  for (let attempt = 1; attempt <= MAX_VAIN_LAUNCHES; attempt++) {
    assertEquals(harness.state.jobs.get(1)?.result, undefined);
    harness.run({ type: "EXECUTOR_LOST", agentId: "a1", executorId, status: 256 });
    harness.report(`1-${attempt}`, "TASK_FAILED", EXECUTOR_ENDED);
    harness.nowMs += LAUNCH_BACKOFF_MAX_MS;
    harness.offer(offer());
  }
  const result = harness.state.jobs.get(1)?.result;
  assertEquals(result?.exitReason, "ERROR");
  assertEquals(
    result?.message,
    "Cannot launch the job: 7 launches have failed; the last: TASK_FAILED: " +
      "REASON_EXECUTOR_TERMINATED: Executor terminated (the executor exited with 1)",
  );
});

const USER_REFUSED = {
  ...EXECUTOR_ENDED,
  message: "Failed to create executor directory '/a/b': Failed to chown directory to 'x': " +
    "No such user 'x'",
};

Deno.test("a user that no agent knows ends jobs as ERROR at once, and says so", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec(), spec(), spec());
  const [first = "", second = ""] = harness.offer(offer({ cpus: 2.1 }))
    .map(({ task_id }) => task_id.value);
  harness.report(first, "TASK_DROPPED", USER_REFUSED);
  // Of tasks that were launched together only the first is refused with the reason.
  harness.report(second, "TASK_DROPPED", {
    ...EXECUTOR_ENDED,
    message: "No executor is expected to launch and there is none running",
  });
  assertEquals(harness.state.jobs.get(2)?.result?.exitReason, "ERROR");
  // The agent does not rest: what waits would wait for nothing.
  const [third] = harness.offer(offer());
  harness.report(third?.task_id.value ?? "", "TASK_DROPPED", USER_REFUSED);
  assertEquals(harness.state.jobs.get(3)?.result?.exitReason, "ERROR");
  const { exitReason, message } = harness.state.jobs.get(1)?.result ?? {};
  assertEquals([exitReason, message], [
    "ERROR",
    "Cannot launch the job: no node can run executors as --user: Failed to chown directory to " +
    "'x': No such user 'x'",
  ]);
});

Deno.test("a user that one agent does not know keeps jobs from that agent alone", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  const other = offer({ id: "o2", agentId: "a2" });
  harness.run({ type: "OFFERS", offers: [other] });
  harness.report(taskId, "TASK_DROPPED", USER_REFUSED);
  assertEquals(harness.eventTypes(), ["JOB_REQUEUED"]);
  const [next] = harness.offer(offer({ id: "o3", agentId: "a2" }));
  harness.report(next?.task_id.value ?? "", "TASK_DROPPED", USER_REFUSED);
  assertEquals(harness.state.jobs.get(1)?.result?.exitReason, "ERROR");
});

Deno.test("launches that did not get through do not count as those that agents have failed", () => {
  const harness = new LogicHarness();
  let taskId = harness.launchOne();
  const again = () => {
    harness.nowMs += LAUNCH_BACKOFF_MAX_MS;
    taskId = harness.offer(offer())[0]?.task_id.value ?? "";
  };
  for (let lost = 0; lost < MAX_VAIN_LAUNCHES; lost++) {
    harness.tell(taskId, "TASK_GONE", { reason: "REASON_RECONCILIATION" });
    again();
  }
  harness.report(taskId, "TASK_FAILED", EXECUTOR_ENDED);
  assertEquals(harness.eventTypes(), ["JOB_REQUEUED"]);
});

Deno.test("a job whose end the master tells, and that no one reports, is not launched again", () => {
  const executor_id = { value: "e" };
  const told = new LogicHarness();
  told.tell(told.launchOne(), "TASK_GONE", { reason: "REASON_RECONCILIATION", executor_id });
  assertEquals(told.eventTypes(), []);
  told.pass(61_000);
  assertEquals(told.state.jobs.get(1)?.result?.exitReason, "LOST");
});

Deno.test("an agent that drops launches is left alone for a while, each time for longer", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  const rests: number[] = [];
  for (let attempt = 1; attempt <= 8; attempt++) {
    harness.report(`1-${attempt}`, "TASK_DROPPED", { reason: "REASON_EXECUTOR_TERMINATED" });
    let restMs = 0;
    while (harness.offer(offer()).length === 0) {
      const [refuse] = (harness.last?.calls ?? []).flatMap(({ decline }) => decline ?? []);
      assert((refuse?.filters?.refuse_seconds ?? Infinity) <= LAUNCH_BACKOFF_MAX_MS / 1000);
      restMs += LAUNCH_BACKOFF_MS;
      harness.nowMs += LAUNCH_BACKOFF_MS;
    }
    rests.push(restMs);
  }
  assertEquals(rests[0], LAUNCH_BACKOFF_MS);
  assertEquals(rests[1], 2 * LAUNCH_BACKOFF_MS);
  assertEquals(rests.at(-1), LAUNCH_BACKOFF_MAX_MS);
});

Deno.test("an agent that drops launches keeps no job from the others, and one success ends that", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  harness.report("1-1", "TASK_DROPPED");
  const [task] = harness.offer(offer(), offer({ id: "o2", agentId: "a2" }));
  assertEquals(task?.agent_id.value, "a2");
  harness.issue(spec(), spec());
  harness.nowMs += LAUNCH_BACKOFF_MS;
  assertEquals(harness.offer(offer({ cpus: 1.01 })).length, 1);
  harness.report("2-1", "TASK_STARTING");
  assertEquals(harness.offer(offer({ cpus: 1.01 })).length, 1);
  harness.report("3-1", "TASK_DROPPED");
  harness.nowMs += LAUNCH_BACKOFF_MS;
  assertEquals(harness.offer(offer({ cpus: 1.01 })).length, 1);
});

Deno.test("a launch for an executor that was gone by then is not the job's fault", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  const executorIds = executorsOf(harness);
  harness.issue(spec());
  harness.offer(offer({ mem: 64, executorIds }));
  const invalid = { reason: "REASON_TASK_INVALID", message: "more than is available" } as const;
  harness.tell("2-1", "TASK_ERROR", invalid);
  assertEquals(harness.eventTypes(), ["JOB_REQUEUED"]);
  harness.nowMs += LAUNCH_BACKOFF_MS;
  const [task] = harness.offer(offer({ mem: 96, executorIds: [] }));
  assertEquals(task?.task_id.value, "2-2");
  // With an executor of its own there is no such excuse.
  harness.tell("2-2", "TASK_ERROR", invalid);
  assertEquals(harness.state.jobs.get(2)?.result?.exitReason, "ERROR");
});

Deno.test("a launch that is refused again and again is the job's fault", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  const executorIds = executorsOf(harness);
  harness.issue(spec());
  let launches = 0;
  while (!harness.state.jobs.get(2)?.result) {
    const [task] = harness.offer(offer({ mem: 64, executorIds }));
    harness.tell(task?.task_id.value ?? "", "TASK_ERROR", { reason: "REASON_TASK_INVALID" });
    harness.nowMs += LAUNCH_BACKOFF_MAX_MS;
    launches++;
  }
  assertEquals(launches, MAX_VAIN_LAUNCHES);
});

const IN_VAIN = [
  ["its container can't be launched", MAX_VAIN_LAUNCHES, {
    source: "SOURCE_AGENT",
    reason: "REASON_CONTAINER_LAUNCH_FAILED",
  }],
  ["its executor does not register", MAX_VAIN_LAUNCHES, {
    source: "SOURCE_AGENT",
    reason: "REASON_EXECUTOR_REGISTRATION_TIMEOUT",
  }],
  ["its user script can't be had", MAX_VAIN_DEPLOYMENTS, encodeOutcome({ isUndeployed: true })],
] as const;

for (const [why, launches, status] of IN_VAIN) {
  Deno.test(`a job that was not begun, since ${why}, waits for another launch, but not for ever`, () => {
    const harness = new LogicHarness();
    harness.launchOne();
    for (let attempt = 1; attempt < launches; attempt++) {
      harness.report(`1-${attempt}`, "TASK_FAILED", status);
      assertEquals(harness.eventTypes(), ["JOB_REQUEUED"]);
      assertEquals(harness.offer(offer()), [], "the agent rests");
      harness.nowMs += LAUNCH_BACKOFF_MAX_MS;
      assertEquals(harness.offer(offer()).length, 1);
    }
    harness.report(`1-${launches}`, "TASK_FAILED", status);
    assertEquals(harness.eventTypes(), ["JOB_ENDED"]);
  });
}

Deno.test("a job that was to be killed and was not begun is not launched again", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.run({ type: "KILL", jobIDs: [1] });
  harness.report(taskId, "TASK_FAILED", {
    source: "SOURCE_AGENT",
    reason: "REASON_CONTAINER_LAUNCH_FAILED",
  });
  assertEquals(harness.eventTypes(), ["JOB_KILLED"]);
});

Deno.test("an executor that is of no use after a restart is ended once its tasks have ended", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  const executorIds = executorsOf(harness);
  const shutdowns = () =>
    (harness.last?.calls ?? []).flatMap(({ shutdown }) => shutdown?.executor_id.value ?? []);
  harness.restart({ executorCommand: { shell: true, value: "another" } });
  harness.subscribe();
  harness.issue(spec(), spec({ shape: shape({ cpusMilli: 100_000 }) }));
  harness.offer(offer({ executorIds }));
  assertEquals(shutdowns(), [], "it has a task");
  const newIds = executorsOf(harness);
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  assertEquals(shutdowns(), executorIds, "as soon as its last task has ended");
  // Should it not be heard, it is said again.
  harness.offer(offer({ executorIds: [...executorIds, ...newIds] }));
  assertEquals(shutdowns(), executorIds);
  harness.report("2-1", "TASK_FINISHED", FINISHED);
  assertEquals(shutdowns(), [], "the present one stays");
});

Deno.test("an executor is not ended as long as anything is not known of what it runs", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  const executorIds = executorsOf(harness);
  // As an earlier version has stored it.
  Object.assign(harness.taskOf(1) ?? {}, { executorId: undefined });
  harness.run({ type: "TICK" });
  harness.restart({ executorCommand: { shell: true, value: "another" } });
  Object.assign(harness.taskOf(1) ?? {}, { executorId: undefined });
  harness.subscribe();
  harness.offer(offer({ executorIds }));
  assertEquals(harness.callTypes().includes("SHUTDOWN"), false);
});

Deno.test("an executor of an agent that is being drained is ended after its last task", () => {
  const status = { ...FINISHED, reason: "REASON_AGENT_DRAINING" } as const;
  for (const state of ["TASK_KILLED", "TASK_DROPPED"] as const) {
    const harness = new LogicHarness();
    harness.subscribe();
    harness.issue(spec(), spec());
    const [first, second] = harness.offer(offer()).map(({ task_id }) => task_id.value);
    const [executorId] = executorsOf(harness);
    harness.report(first ?? "", state, status);
    assertEquals(harness.callTypes().includes("SHUTDOWN"), false, "it has another task");
    harness.report(second ?? "", state, status);
    const { shutdown } = harness.last?.calls.find(({ type }) => type === "SHUTDOWN") ?? {};
    assertEquals(
      [shutdown?.executor_id.value, shutdown?.agent_id.value],
      [executorId, "a1"],
      state,
    );
  }
});

Deno.test("executors that are of use, or another program's, are not ended", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  const executorIds = executorsOf(harness);
  harness.restart();
  harness.subscribe();
  harness.report(taskId, "TASK_FINISHED", FINISHED);
  harness.offer(offer({ executorIds: [...executorIds, "another"] }));
  assertEquals(harness.callTypes().includes("SHUTDOWN"), false);
});

Deno.test("an executor of ours that the state does not know is ended, once it is known what runs in it", () => {
  const unknown = "toil-mesos-0123456789abcdef";
  const harness = new LogicHarness();
  const shutdowns = () =>
    (harness.last?.calls ?? []).flatMap(({ shutdown }) => shutdown?.executor_id.value ?? []);
  harness.subscribe();
  // As large as the agent, less what the unknown one holds.
  harness.issue(spec({ shape: shape({ cpusMilli: 4_000 }) }));
  harness.offer(offer({ id: "o1", cpus: 3.99, executorIds: [unknown, "another"] }));
  assertEquals(shutdowns(), [unknown]);
  const [task] = harness.offer(offer({ id: "o2", executorIds: ["another"] }));
  assertEquals(shutdowns(), []);
  harness.report(task?.task_id.value ?? "", "TASK_RUNNING");
  const present = executorsOf(harness);
  harness.offer(offer({ id: "o3", executorIds: [...present, unknown] }));
  assertEquals(shutdowns(), [unknown], "beside the present one");
  // Jobs of the file that are not issued once more yet may run in it.
  harness.restart({ isRestored: true });
  harness.subscribe();
  harness.state.adoption = undefined;
  harness.offer(offer({ id: "o4", executorIds: [...present, unknown] }));
  assertEquals(shutdowns(), []);
  harness.run({ type: "REPORTED", results: [], reissues: false });
  harness.offer(offer({ id: "o5", executorIds: [...present, unknown] }));
  assertEquals(shutdowns(), [unknown]);
});

Deno.test("an executor whose options are back is of use again", () => {
  const harness = new LogicHarness();
  const command = { shell: true, value: "toil-mesos executor" };
  harness.report(harness.launchOne(), "TASK_FINISHED", FINISHED);
  const executorIds = executorsOf(harness);
  harness.restart({ executorCommand: { shell: true, value: "another" } });
  harness.restart({ executorCommand: command });
  harness.subscribe();
  harness.issue(spec());
  const [task] = harness.offer(offer({ executorIds }));
  assertEquals(task?.executor?.executor_id.value, executorIds[0]);
  harness.report("2-1", "TASK_FINISHED", FINISHED);
  harness.offer(offer({ executorIds }));
  assertEquals(harness.callTypes().includes("SHUTDOWN"), false);
});

const DROPPED = { reason: "REASON_INVALID_OFFERS" } as const;
const ANSWER = { reason: "REASON_RECONCILIATION" } as const;

Deno.test("a launch that is refused is asked about at once, for its copy may have arrived", () => {
  for (const state of ["TASK_STAGING", "TASK_STARTING", "TASK_RUNNING"] as const) {
    const harness = new LogicHarness();
    const taskId = harness.launchOne();
    const { wakeMs } = harness.tell(taskId, "TASK_DROPPED", DROPPED);
    assertEquals([wakeMs, harness.eventTypes()], [harness.nowMs, []], state);
    const { calls } = harness.run({ type: "TICK" });
    const asked = calls.flatMap(({ reconcile }) => reconcile?.tasks ?? []);
    assertEquals(asked.map(({ task_id }) => task_id.value), [taskId], state);
    harness.tell(taskId, state, ANSWER);
    assertEquals(harness.eventTypes().includes("JOB_REQUEUED"), false, state);
    assertEquals(harness.offer(offer()), [], state);
    harness.report(taskId, "TASK_FINISHED", FINISHED);
    assertEquals(harness.eventTypes(), ["JOB_ENDED"], state);
  }
});

Deno.test("a launch that is refused and unknown to the master is tried again", () => {
  const answers = [
    "TASK_GONE",
    "TASK_UNKNOWN",
    "TASK_UNREACHABLE",
    "TASK_GONE_BY_OPERATOR",
  ] as const;
  for (const state of answers) {
    const harness = new LogicHarness();
    const taskId = harness.launchOne();
    harness.tell(taskId, "TASK_DROPPED", DROPPED);
    harness.tell(taskId, state, ANSWER);
    assertEquals(harness.eventTypes(), ["JOB_REQUEUED"], state);
  }
});

Deno.test("a refused copy of a launch does not end the wait for a node that can't be reached", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.tell(taskId, "TASK_UNREACHABLE", { reason: "REASON_AGENT_REMOVED" });
  harness.tell(taskId, "TASK_DROPPED", DROPPED);
  harness.tell(taskId, "TASK_UNREACHABLE", ANSWER);
  assertEquals(harness.eventTypes(), []);
});

Deno.test("a refusal of before a new subscription proves nothing after it", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.tell(taskId, "TASK_DROPPED", DROPPED);
  harness.run({ type: "DISCONNECTED", reason: "r" });
  harness.subscribe();
  harness.tell(taskId, "TASK_UNKNOWN", ANSWER);
  assertEquals(harness.eventTypes(), ["JOB_UNREACHABLE"]);
});

Deno.test("a launch without a word is asked about, told, and given up in the end", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  const askedMs: number[] = [];
  const told: number[] = [];
  const startedMs = harness.nowMs;
  let ended: string[] = [];
  let killed: string[] = [];
  while (ended.length === 0 && harness.nowMs - startedMs < 2 * LAUNCH_LIMIT_MS) {
    harness.nowMs += 1000;
    const { calls, events } = harness.run({ type: "TICK" });
    const passedMs = harness.nowMs - startedMs;
    if (calls.some(({ reconcile }) => (reconcile?.tasks ?? []).length > 0)) {
      askedMs.push(passedMs);
      // The agent has it, and that is all that Mesos knows.
      harness.tell(taskId, "TASK_STAGING", ANSWER);
    }
    if (events.some(({ type }) => type === "LAUNCH_SILENT")) told.push(passedMs);
    ended = events.flatMap((each) => each.type === "JOB_ENDED" ? [each.result.exitReason] : []);
    killed = calls.flatMap(({ kill }) => kill ? [kill.task_id.value] : []);
  }
  assertEquals(askedMs.slice(0, 2), [LAUNCH_ANSWER_MS, 2 * LAUNCH_ANSWER_MS]);
  assertEquals(told, [LAUNCH_WARN_MS]);
  assertEquals([harness.nowMs - startedMs, ended, killed], [LAUNCH_LIMIT_MS, ["LOST"], [taskId]]);
});

Deno.test("a launch is waited for anew after a restart and after a new subscription", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  for (
    const again of [
      () => harness.restart(),
      () => harness.run({ type: "DISCONNECTED", reason: "r" }),
    ]
  ) {
    harness.nowMs += 2 * LAUNCH_LIMIT_MS;
    again();
    harness.subscribe();
    harness.run({ type: "TICK" });
    assertEquals(harness.taskOf(1)?.phase, "LAUNCHING");
    harness.pass(LAUNCH_WARN_MS - 1000);
    harness.nowMs += 1000;
    harness.run({ type: "TICK" });
    assertEquals(harness.eventTypes(), ["LAUNCH_SILENT"]);
  }
});

Deno.test("a launch whose executor has said a word is not given up", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_STARTING");
  // From then on the executor's own signs of life count.
  assertEquals(harness.state.silentLaunches.size, 0);
});
