/**
 * The agent's records of frameworks and executors. Pure.
 *
 * @module
 */

import type { ExecutorId, FrameworkId, TaskId } from "../../../mesos/ids.ts";
import type {
  ExecutorInfo,
  FrameworkInfo,
  TaskInfo,
  TaskState,
  TaskStatus,
  TaskStatusReason,
} from "../../../mesos/wire/messages.ts";
import { isTerminal, newTask, recordStatus, type Task } from "../../protocol/task_status.ts";
import type { Run } from "./agent_effects.ts";

export interface Framework {
  id: FrameworkId;
  info: FrameworkInfo;
  terminating: boolean;
  executors: Map<ExecutorId, Executor>;
}

/** Why the agent terminates an executor, when the exit alone would not show it. */
export interface PendingTermination {
  state: TaskState;
  reason: TaskStatusReason;
  message: string;
}

/**
 * An executor and its tasks.
 *
 * ```text
 *  REGISTERING ──SUBSCRIBE──► RUNNING ──SHUTDOWN──► TERMINATING ──┐
 *       └──────────────────────┴──────── process ended ───────────┴──► TERMINATED ──► removed
 * ```
 */
export interface Executor {
  run: Run;
  info: ExecutorInfo;
  state: "REGISTERING" | "RUNNING" | "TERMINATING" | "TERMINATED";
  streamId: string | undefined;
  pid: number | undefined;
  queuedTasks: Map<TaskId, TaskInfo>;
  /** From their delivery until their terminal updates are acknowledged. */
  tasks: Map<TaskId, Task>;
  served: boolean;
  pendingTermination: PendingTermination | undefined;
}

export function newExecutor(
  run: Run,
  info: ExecutorInfo,
  served = false,
): Executor {
  return {
    run,
    info,
    state: "REGISTERING",
    streamId: undefined,
    pid: undefined,
    queuedTasks: new Map(),
    tasks: new Map(),
    served,
    pendingTermination: undefined,
  };
}

/** The executor of a task that is not completed. */
export function executorOfTask(framework: Framework, taskId: TaskId): Executor | undefined {
  return [...framework.executors.values()].find(({ queuedTasks, tasks }) =>
    queuedTasks.has(taskId) || tasks.has(taskId)
  );
}

export function hasIncompleteTasks({ queuedTasks, tasks }: Executor): boolean {
  return queuedTasks.size + tasks.size > 0;
}

export function liveTasks({ tasks }: Executor): Task[] {
  return [...tasks.values()].filter(({ state }) => !isTerminal(state));
}

function wasToldOf({ statuses }: Task): boolean {
  return statuses.some(({ source }) => source === "SOURCE_EXECUTOR");
}

/** Whether any task was ever sent to the executor. */
export function wasEverSentTask(executor: Executor): boolean {
  const { tasks, served } = executor;
  return served || liveTasks(executor).length > 0 || [...tasks.values()].some(wasToldOf);
}

/** Removes a task whose terminal update was acknowledged. */
export function completeTask(executor: Executor, task: Task): void {
  executor.tasks.delete(task.taskId);
  executor.served ||= wasToldOf(task);
}

/** Updates a task; false if it has ended, or if it is queued and has not. */
export function updateTaskState(executor: Executor, status: TaskStatus): boolean {
  const taskId = status.task_id.value;
  const { queuedTasks, tasks } = executor;
  const state = status.state ?? "TASK_UNKNOWN";
  const queued = queuedTasks.get(taskId);
  if (queued && !isTerminal(state)) return false;
  const task = queued ? newTask(queued, executor.run.frameworkId) : tasks.get(taskId);
  if (!task || isTerminal(task.state)) return false;
  task.state = state;
  recordStatus(task, status);
  queuedTasks.delete(taskId);
  tasks.set(taskId, task);
  return true;
}
