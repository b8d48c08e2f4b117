import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeOutcome } from "../../job/task_outcome.ts";
import type { TaskStatus, TaskStatusReason } from "../../mesos/wire/messages.ts";
import { toJobEnd, toJobEndAsTold } from "./task_end.ts";

function status(rest: Partial<TaskStatus>): TaskStatus {
  return { task_id: { value: "1-1" }, ...rest };
}

Deno.test("toJobEnd() passes exit statuses through", () => {
  for (const exitStatus of [1, 3, 33, 76, 137, 255, -9, -15]) {
    const end = toJobEnd(
      status({ state: "TASK_FAILED", ...encodeOutcome({ exitStatus, wallTimeSeconds: 2 }) }),
      undefined,
    );
    assertEquals([end.exitReason, end.exitStatus, end.wallTimeSeconds], ["FAILED", exitStatus, 2]);
  }
});

Deno.test("toJobEnd() says what is known of a failure", () => {
  const end = toJobEnd(
    status({
      state: "TASK_FAILED",
      ...encodeOutcome({ exitStatus: -6, standardErrorTail: "assertion failed\n" }),
    }),
    undefined,
  );
  assertEquals(end.message, "ended by signal 6: assertion failed");
});

Deno.test("toJobEnd() of a finished job is 0, even where labels are missing", () => {
  assertEquals(toJobEnd(status({ state: "TASK_FINISHED", message: "" }), undefined), {
    exitReason: "FINISHED",
    exitStatus: 0,
  });
});

const byReason: [TaskStatusReason, string][] = [
  ["REASON_CONTAINER_LIMITATION_MEMORY", "MEMLIMIT"],
  ["REASON_CONTAINER_LIMITATION_DISK", "FAILED"],
  ["REASON_EXECUTOR_TERMINATED", "LOST"],
  ["REASON_AGENT_REMOVED", "LOST"],
  ["REASON_CONTAINER_LAUNCH_FAILED", "ERROR"],
  ["REASON_COMMAND_EXECUTOR_FAILED", "FAILED"],
];

for (const [reason, exitReason] of byReason) {
  Deno.test(`toJobEnd() of a task that failed for ${reason} is ${exitReason}, with the reason`, () => {
    const end = toJobEnd(status({ state: "TASK_FAILED", reason, message: "as it is" }), undefined);
    assertEquals(end.exitReason, exitReason);
    assertEquals(end.exitStatus, undefined);
    assertStringIncludes(end.message ?? "", `${reason}: as it is`);
  });
}

Deno.test("toJobEnd() says why Mesos has ended what ended by a signal", () => {
  const drained = status({
    state: "TASK_KILLED",
    reason: "REASON_AGENT_DRAINING",
    ...encodeOutcome({ exitStatus: -15, wallTimeSeconds: 2 }),
  });
  assertEquals(toJobEnd(drained, undefined), {
    exitReason: "LOST",
    exitStatus: -15,
    message: "REASON_AGENT_DRAINING: ended by signal 15",
    wallTimeSeconds: 2,
  });
});

Deno.test("toJobEnd() says how the executor ended", () => {
  const ended = status({
    state: "TASK_FAILED",
    reason: "REASON_EXECUTOR_TERMINATED",
    message: "Executor terminated",
  });
  assertStringIncludes(toJobEnd(ended, 127 << 8).message ?? "", "the executor exited with 127");
  assertStringIncludes(toJobEnd(ended, 9).message ?? "", "the executor was killed by signal 9");
});

Deno.test("toJobEnd() of a job that used too much memory is MEMLIMIT", () => {
  const outcome = encodeOutcome({ exitStatus: -9, memoryLimitExceeded: true });
  const end = toJobEnd(status({ state: "TASK_FAILED", ...outcome }), undefined);
  assertEquals([end.exitReason, end.exitStatus], ["MEMLIMIT", -9]);
});

Deno.test("toJobEnd() of a refused or killed task is ERROR or KILLED", () => {
  const refused = status({ state: "TASK_ERROR", reason: "REASON_TASK_INVALID", message: "no" });
  assertEquals(toJobEnd(refused, undefined).exitReason, "ERROR");
  const killed = status({ state: "TASK_KILLED", ...encodeOutcome({ exitStatus: -15 }) });
  assertEquals(toJobEnd(killed, undefined).exitReason, "KILLED");
});

Deno.test("toJobEndAsTold() makes the best of the master's word", () => {
  assertEquals(toJobEndAsTold({ state: "TASK_FINISHED", message: "" }), {
    exitReason: "FINISHED",
    exitStatus: 0,
  });
  assertEquals(toJobEndAsTold({ state: "TASK_KILLED", message: "" }).exitReason, "KILLED");
  assertEquals(toJobEndAsTold({ state: "TASK_GONE", message: "" }).exitReason, "LOST");
  const failed = toJobEndAsTold({ state: "TASK_FAILED", message: "m" });
  assertEquals(failed.exitReason, "FAILED");
  assertStringIncludes(failed.message ?? "", "TASK_FAILED, without the executor's report: m");
});
