/**
 * The agent's records of frameworks and executors. Pure.
 *
 * @module
 */

import type {
  ExecutorInfo,
  FrameworkInfo,
  TaskInfo,
  TaskState,
  TaskStatusReason,
} from "../../../mesos/wire/messages.ts";
import { isTerminal, newTask, recordStatus, type Task } from "../../protocol/task_status.ts";
import type { TaskStatus } from "../../../mesos/wire/messages.ts";
import type { Run } from "./agent_effects.ts";

export interface Framework {
  id: string;
  info: FrameworkInfo;
  terminating: boolean;
  executors: Map<string, Executor>;
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
  queuedTasks: Map<string, TaskInfo>;
  launchedTasks: Map<string, Task>;
  terminatedTasks: Map<string, Task>;
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
    launchedTasks: new Map(),
    terminatedTasks: new Map(),
    served,
    pendingTermination: undefined,
  };
}

/** The executor of a task that is not completed. */
export function executorOfTask(framework: Framework, taskId: string): Executor | undefined {
  return [...framework.executors.values()].find((executor) =>
    executor.queuedTasks.has(taskId) || executor.launchedTasks.has(taskId) ||
    executor.terminatedTasks.has(taskId)
  );
}

export function hasIncompleteTasks(executor: Executor): boolean {
  const { queuedTasks, launchedTasks, terminatedTasks } = executor;
  return queuedTasks.size + launchedTasks.size + terminatedTasks.size > 0;
}

function wasToldOf({ statuses }: Task): boolean {
  return statuses.some(({ source }) => source === "SOURCE_EXECUTOR");
}

/** Whether any task was ever sent to the executor. */
export function wasEverSentTask({ launchedTasks, terminatedTasks, served }: Executor): boolean {
  return launchedTasks.size > 0 || served || [...terminatedTasks.values()].some(wasToldOf);
}

/** Removes a task whose terminal update was acknowledged. */
export function completeTask(executor: Executor, task: Task): void {
  executor.terminatedTasks.delete(task.taskId);
  executor.served ||= wasToldOf(task);
}

/** Moves a task to the collection of its new state; false when the transition is invalid. */
export function updateTaskState(executor: Executor, status: TaskStatus): boolean {
  const taskId = status.task_id.value;
  const { queuedTasks, launchedTasks, terminatedTasks } = executor;
  const state = status.state ?? "TASK_UNKNOWN";
  const queued = queuedTasks.get(taskId);
  if (queued && !isTerminal(state)) return false;
  const task = queued ? newTask(queued, executor.run.frameworkId) : launchedTasks.get(taskId);
  if (!task) return false;
  task.state = state;
  recordStatus(task, status);
  if (isTerminal(state)) {
    queuedTasks.delete(taskId);
    launchedTasks.delete(taskId);
    terminatedTasks.set(taskId, task);
  }
  return true;
}
