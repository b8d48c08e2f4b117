import { assertEquals } from "@std/assert";
import type { TaskInfo, TaskStatus } from "./wire/messages.ts";
import { Unacknowledged } from "./unacknowledged.ts";

function task(id: string): TaskInfo {
  return { name: id, task_id: { value: id }, agent_id: { value: "agent" } };
}

function status(id: string, byte: number): TaskStatus {
  const uuid = new Uint8Array(16).fill(byte);
  return { task_id: { value: id }, state: "TASK_RUNNING", uuid };
}

Deno.test("Unacknowledged keeps order, and forgets only what was acknowledged", () => {
  const unacknowledged = new Unacknowledged();
  const tasks = ["1", "2"].map(task);
  const updates = [status("1", 1), status("2", 2), status("1", 3)];
  for (const each of tasks) unacknowledged.launched(each);
  for (const each of updates) unacknowledged.updated(each);
  assertEquals([unacknowledged.tasks, unacknowledged.updates], [tasks, updates]);
  for (const unknown of [new Uint8Array(16), new Uint8Array(0), new Uint8Array(17).fill(1)]) {
    unacknowledged.acknowledged("unknown", unknown);
  }
  assertEquals([unacknowledged.tasks, unacknowledged.updates], [tasks, updates]);
  unacknowledged.acknowledged("1", new Uint8Array(16).fill(1));
  assertEquals([unacknowledged.tasks, unacknowledged.updates], [tasks.slice(1), updates.slice(1)]);
  unacknowledged.acknowledged("1", new Uint8Array(16).fill(1));
  assertEquals(unacknowledged.updates, updates.slice(1));
});
