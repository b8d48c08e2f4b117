/**
 * Tasks that Mesos reports and the state does not know: given up, or never ours. They are killed
 * and their updates acknowledged, at a bounded rate: there may be any number of them, and what jobs
 * need must not wait. Pure.
 *
 * @module
 */

import type { TaskId } from "../../mesos/ids.ts";
import type { TaskStatus } from "../../mesos/wire/messages.ts";
import { acknowledge, type Frame } from "./frame.ts";
import { callKill } from "./kills.ts";
import { isAlive } from "./task_transitions.ts";

/** Strays answered per second. */
export const MAX_STRAYS_PER_SECOND = 200;

/** Strays that wait. Mesos is asked again about more: agents repeat what is not acknowledged, and
 * masters report all tasks. */
export const MAX_WAITING_STRAYS = 10_000;

const SECOND_MS = 1_000;

/** Strays that are still to be answered. */
export class StrayTasks {
  readonly #waiting = new Map<TaskId, TaskStatus>();
  #left = MAX_STRAYS_PER_SECOND;
  #refilledMs = -Infinity;
  #wereDropped = false;

  /** Notes a status. */
  add({ task_id, agent_id, uuid, state }: TaskStatus): void {
    const taskId = task_id.value;
    const earlier = this.#waiting.get(taskId);
    if (!earlier && this.#waiting.size >= MAX_WAITING_STRAYS) {
      this.#wereDropped = true;
      return;
    }
    // A copy: the bytes may be part of a large buffer.
    const known = uuid?.slice() ?? earlier?.uuid;
    this.#waiting.set(taskId, {
      task_id: { value: taskId },
      ...(agent_id ? { agent_id: { value: agent_id.value } } : {}),
      ...(known ? { uuid: known } : {}),
      state,
    });
  }

  /** Those that may be answered now; they wait no longer. */
  take(nowMs: number): TaskStatus[] {
    if (nowMs >= this.#refilledMs + SECOND_MS) {
      this.#refilledMs = nowMs;
      this.#left = MAX_STRAYS_PER_SECOND;
    }
    const taken = this.#waiting.values().take(this.#left).toArray();
    this.#left -= taken.length;
    for (const { task_id } of taken) this.#waiting.delete(task_id.value);
    return taken;
  }

  /** Whether all that were kept are answered, but there were more; true only once. */
  takeIsAskedAgain(): boolean {
    const isAskedAgain = this.#wereDropped && this.#waiting.size === 0;
    if (isAskedAgain) this.#wereDropped = false;
    return isAskedAgain;
  }

  /** Forgets all: Mesos reports them again. */
  clear(): void {
    this.#waiting.clear();
    this.#wereDropped = false;
  }
}

/** Takes a status of a task that no job has. */
export function handleStray(frame: Frame, status: TaskStatus): void {
  // A state of a newer Mesos, or an end that needs no acknowledgement: there is nothing to do.
  if (!status.uuid && !(status.state && isAlive(status.state))) return;
  frame.state.strays.add(status);
  answerStrays(frame);
}

/** Acknowledges and kills as many strays as may be now. */
export function answerStrays(frame: Frame): void {
  const { state, nowMs } = frame;
  for (const status of state.strays.take(nowMs)) {
    const taskId = status.task_id.value;
    // Adopted meanwhile: its agent repeats the update.
    if (state.tasks.has(taskId)) continue;
    acknowledge(frame, status);
    if (!status.state || !isAlive(status.state)) continue;
    callKill(frame, { taskId, agentId: status.agent_id?.value }, { isAside: true });
  }
  if (state.strays.takeIsAskedAgain()) state.reconciliation.askAboutAll();
}
