/**
 * What the agent remembers of frameworks and executors. Pure.
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
import { BoundedMap } from "../../bounded_map.ts";
import { isTerminal, newTask, recordStatus, type Task } from "../../protocol/task_status.ts";
import type { TaskStatus } from "../../../mesos/wire/messages.ts";
import type { Run } from "./agent_effects.ts";

/** As many as Mesos keeps by default. */
const MAX_COMPLETED_TASKS = 200;

/** A framework that has executors here. */
export interface Framework {
  /** Its id. */
  id: string;
  /** As the master told last. */
  info: FrameworkInfo;
  /** Whether it is being shut down. */
  terminating: boolean;
  /** Its executors, by id. */
  executors: Map<string, Executor>;
}

/** Why an executor is being ended, where its end alone would not tell. */
export interface PendingTermination {
  /** The state of its tasks. */
  state: TaskState;
  /** For programs. */
  reason: TaskStatusReason;
  /** For people. */
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
  /** Which run of it. */
  run: Run;
  /** As the framework described it. */
  info: ExecutorInfo;
  /** Where it stands. */
  state: "REGISTERING" | "RUNNING" | "TERMINATING" | "TERMINATED";
  /** Whether it survives the agent. */
  checkpoint: boolean;
  /** Made by the agent for a task with a command of its own; the master does not know it. */
  generated: boolean;
  /** Its event stream. */
  streamId: string | undefined;
  /** Its process, while there is one. */
  pid: number | undefined;
  /** Tasks that it has not been told of. */
  queuedTasks: Map<string, TaskInfo>;
  /** Tasks that it was told of. */
  launchedTasks: Map<string, Task>;
  /** Tasks that ended, and whose end has not been acknowledged. */
  terminatedTasks: Map<string, Task>;
  /** Tasks of the past. */
  completedTasks: BoundedMap<string, Task>;
  /** Whether it has told of a task of the past. */
  served: boolean;
  /** Why it is being ended. */
  pendingTermination: PendingTermination | undefined;
}

/** An executor that was not started yet. */
export function newExecutor(
  run: Run,
  info: ExecutorInfo,
  { checkpoint, generated, served = false }: {
    checkpoint: boolean;
    generated: boolean;
    served?: boolean;
  },
): Executor {
  return {
    run,
    info,
    state: "REGISTERING",
    checkpoint,
    generated,
    streamId: undefined,
    pid: undefined,
    queuedTasks: new Map(),
    launchedTasks: new Map(),
    terminatedTasks: new Map(),
    completedTasks: new BoundedMap(MAX_COMPLETED_TASKS),
    served,
    pendingTermination: undefined,
  };
}

/** The executor that a task was given to, unless the task is of the past. */
export function executorOfTask(framework: Framework, taskId: string): Executor | undefined {
  return [...framework.executors.values()].find((executor) =>
    executor.queuedTasks.has(taskId) || executor.launchedTasks.has(taskId) ||
    executor.terminatedTasks.has(taskId)
  );
}

/** Whether the end of a task is still to be told or to be acknowledged. */
export function hasIncompleteTasks(executor: Executor): boolean {
  const { queuedTasks, launchedTasks, terminatedTasks } = executor;
  return queuedTasks.size + launchedTasks.size + terminatedTasks.size > 0;
}

function wasToldOf({ statuses }: Task): boolean {
  return statuses.some(({ source }) => source === "SOURCE_EXECUTOR");
}

/** Whether the executor was ever told of a task. */
export function wasEverSentTask({ launchedTasks, terminatedTasks, served }: Executor): boolean {
  return launchedTasks.size > 0 || served || [...terminatedTasks.values()].some(wasToldOf);
}

/** The end of a task was acknowledged: it is of the past. */
export function completeTask(executor: Executor, task: Task): void {
  executor.terminatedTasks.delete(task.taskId);
  executor.completedTasks.set(task.taskId, task);
  executor.served ||= wasToldOf(task);
}

/** Moves a task to where its new state belongs; false where it can't have that state. */
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
