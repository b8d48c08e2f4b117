/**
 * The tasks and updates that an agent may not have checkpointed, which a re-subscription must
 * name. Pure.
 *
 * @see docs/executor-http-api.md in the Mesos documentation, "SUBSCRIBE"
 * @module
 */

import type { TaskId } from "./ids.ts";
import type { TaskInfo, TaskStatus } from "./wire/messages.ts";

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && b.every((byte, i) => byte === a[i]);
}

/** Keeps tasks and updates until the agent has acknowledged them. */
export class Unacknowledged {
  readonly #tasks = new Map<TaskId, TaskInfo>();
  #updates: TaskStatus[] = [];

  /** Tasks of which the agent has acknowledged no update yet, in the order of their launch. */
  get tasks(): TaskInfo[] {
    return [...this.#tasks.values()];
  }

  /** Updates that the agent has not acknowledged yet, in the order in which they were made. */
  get updates(): TaskStatus[] {
    return [...this.#updates];
  }

  /** Records a task that the agent launched. */
  launched(task: TaskInfo): void {
    this.#tasks.set(task.task_id.value, task);
  }

  /** Records an update. */
  updated(status: TaskStatus): void {
    this.#updates.push(status);
  }

  /** Removes an update that the agent acknowledged, and its task, which the agent then knows. */
  acknowledged(taskId: TaskId, uuid: Uint8Array): void {
    this.#tasks.delete(taskId);
    this.#updates = this.#updates.filter((status) => !sameBytes(status.uuid, uuid));
  }
}
