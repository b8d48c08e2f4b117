import { assertEquals } from "@std/assert";
import type { TaskState, TaskStatus } from "../../../mesos/wire/messages.ts";
import { uuidOf } from "../../master/testing.ts";
import { StatusUpdateManager } from "./status_update_manager.ts";

const KEY = { frameworkId: "F", taskId: "t" };

function status(state: TaskState, uuid: number): TaskStatus {
  return { task_id: { value: "t" }, state, uuid: uuidOf(uuid) };
}

/** A manager, and all that it wants done, in short. */
function newManager(): { manager: StatusUpdateManager; log: string[]; taken: () => string[] } {
  const log: string[] = [];
  const manager = new StatusUpdateManager({
    forward: (_, { state }) => log.push(`forward ${state}`),
    setRetry: (_, afterMs) => log.push(`retry in ${afterMs}`),
    clearRetry: () => log.push("no retry"),
    recordUpdate: (_, { state }) => log.push(`record ${state}`),
    recordAcknowledgement: (_, uuid) => log.push(`record acknowledgement ${uuid.at(-1)}`),
  });
  return { manager, log, taken: () => log.splice(0) };
}

Deno.test("update() is written down, then forwarded one at a time", () => {
  const { manager, taken } = newManager();
  manager.resume();
  manager.update(KEY, status("TASK_STARTING", 1));
  assertEquals(taken(), ["record TASK_STARTING", "retry in 10000", "forward TASK_STARTING"]);
  manager.update(KEY, status("TASK_RUNNING", 2));
  assertEquals(taken(), ["record TASK_RUNNING"]);
  assertEquals(manager.acknowledge(KEY, uuidOf(1)), { expected: true, ended: false });
  assertEquals(taken(), [
    "record acknowledgement 1",
    "no retry",
    "retry in 10000",
    "forward TASK_RUNNING",
  ]);
});

Deno.test("update() of what is known already is of no effect", () => {
  const { manager, taken } = newManager();
  manager.resume();
  manager.update(KEY, status("TASK_RUNNING", 1));
  taken();
  manager.update(KEY, status("TASK_RUNNING", 1));
  manager.acknowledge(KEY, uuidOf(1));
  taken();
  manager.update(KEY, status("TASK_RUNNING", 1));
  assertEquals(taken(), []);
});

Deno.test("retry() doubles the wait up to ten minutes, and starts anew with the next update", () => {
  const { manager, taken } = newManager();
  manager.resume();
  manager.update(KEY, status("TASK_RUNNING", 1));
  taken();
  const waits = Array.from({ length: 8 }, () => {
    manager.retry(KEY);
    return taken()[0];
  });
  assertEquals(waits, [20, 40, 80, 160, 320, 600, 600, 600].map((s) => `retry in ${s * 1000}`));
  manager.update(KEY, status("TASK_FINISHED", 2));
  manager.acknowledge(KEY, uuidOf(1));
  assertEquals(taken().at(-2), "retry in 10000");
});

Deno.test("acknowledge() of anything but the last forwarded is of no effect", () => {
  const { manager, taken } = newManager();
  manager.resume();
  assertEquals(manager.acknowledge(KEY, uuidOf(1)), { expected: false, ended: false });
  manager.update(KEY, status("TASK_RUNNING", 1));
  manager.update(KEY, status("TASK_FINISHED", 2));
  taken();
  assertEquals(manager.acknowledge(KEY, uuidOf(2)), { expected: false, ended: false });
  assertEquals(taken(), []);
  manager.acknowledge(KEY, uuidOf(1));
  assertEquals(manager.acknowledge(KEY, uuidOf(2)), { expected: true, ended: true });
  taken();
  manager.retry(KEY);
  assertEquals(taken(), []);
});

Deno.test("nothing is sent while paused, and resume() sends what waits", () => {
  const { manager, taken } = newManager();
  manager.update(KEY, status("TASK_RUNNING", 1));
  assertEquals(taken(), ["record TASK_RUNNING"]);
  manager.resume();
  assertEquals(taken(), ["retry in 10000", "forward TASK_RUNNING"]);
  manager.pause();
  assertEquals(taken(), ["no retry"]);
  manager.retry(KEY);
  assertEquals(taken(), []);
});

Deno.test("recover() goes on after what was acknowledged", () => {
  const { manager, taken } = newManager();
  const updates = [status("TASK_STARTING", 1), status("TASK_RUNNING", 2)];
  manager.recover(KEY, updates, [uuidOf(1)]);
  manager.update(KEY, status("TASK_STARTING", 1));
  assertEquals(taken(), []);
  manager.resume();
  assertEquals(taken(), ["retry in 10000", "forward TASK_RUNNING"]);
});

Deno.test("recover() of a task whose end was acknowledged leaves nothing to do", () => {
  const { manager, taken } = newManager();
  manager.recover(KEY, [status("TASK_FINISHED", 1)], [uuidOf(1)]);
  manager.recover({ ...KEY, taskId: "never told" }, [], []);
  manager.resume();
  assertEquals(taken(), []);
});

Deno.test("removeFramework() forgets its updates only", () => {
  const { manager, taken } = newManager();
  manager.update(KEY, status("TASK_RUNNING", 1));
  manager.update({ ...KEY, frameworkId: "G" }, status("TASK_FAILED", 1));
  manager.removeFramework("F");
  taken();
  manager.resume();
  assertEquals(taken(), ["retry in 10000", "forward TASK_FAILED"]);
});
