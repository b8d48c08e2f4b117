/**
 * Tasks as master and agent know them, and the updates that they make themselves. Pure.
 *
 * @module
 */

import type {
  ContainerStatus,
  Labels,
  MesosResource,
  TaskInfo,
  TaskState,
  TaskStatus,
  TaskStatusReason,
  TimeInfo,
} from "../../mesos/wire/messages.ts";

const TERMINAL_STATES: ReadonlySet<TaskState> = new Set([
  "TASK_FINISHED",
  "TASK_FAILED",
  "TASK_KILLED",
  "TASK_LOST",
  "TASK_ERROR",
  "TASK_DROPPED",
  "TASK_GONE",
  "TASK_GONE_BY_OPERATOR",
]);

/** Whether a task in this state will never run again. */
export function isTerminal(state: TaskState): boolean {
  return TERMINAL_STATES.has(state);
}

/** A task, from its launch until its last update is acknowledged. */
export interface Task {
  /** As the framework named it. */
  name: string;
  /** Unique within the framework. */
  taskId: string;
  /** To whom it belongs. */
  frameworkId: string;
  /** Who runs it; absent for a task with a command of its own. */
  executorId?: string | undefined;
  /** Where it runs. */
  agentId: string;
  /** The latest state that is known. */
  state: TaskState;
  /** What it takes from the agent. */
  resources: MesosResource[];
  /** The latest update of each state, in order. */
  statuses: TaskStatus[];
  /** The state that the framework was told last by an update that it must acknowledge. */
  statusUpdateState?: TaskState | undefined;
  /** The UUID of that update. */
  statusUpdateUuid?: Uint8Array | undefined;
  /** As the framework labelled it. */
  labels?: Labels | undefined;
}

/** A task that was just launched. */
export function newTask(info: TaskInfo, frameworkId: string): Task {
  return {
    name: info.name,
    taskId: info.task_id.value,
    frameworkId,
    executorId: info.executor?.executor_id.value,
    agentId: info.agent_id.value,
    state: "TASK_STAGING",
    resources: info.resources ?? [],
    statuses: [],
    labels: info.labels,
  };
}

/** Keeps one update of each run of a state, without the framework's data. */
export function recordStatus(task: Task, { data: _, ...status }: TaskStatus): void {
  if (task.statuses.at(-1)?.state === status.state) task.statuses.pop();
  task.statuses.push(status);
}

/** What was last said of the container that the task runs in. */
export function lastContainerStatus(task: Task): ContainerStatus | undefined {
  return task.statuses.findLast(({ container_status }) => container_status)?.container_status;
}

/** What a master or an agent says of a task. */
export interface StatusOptions {
  /** The task. */
  taskId: string;
  /** The state to tell. */
  state: TaskState;
  /** For people. */
  message: string;
  /** For programs. */
  reason?: TaskStatusReason | undefined;
  /** Where the task is, or was meant to be. */
  agentId?: string | undefined;
  /** Who runs it. */
  executorId?: string | undefined;
  /** What is known of its container. */
  containerStatus?: ContainerStatus | undefined;
  /** Since when its agent has been out of reach. */
  unreachableTime?: TimeInfo | undefined;
  /** Present where the framework must acknowledge. */
  uuid?: Uint8Array | undefined;
}

/** Milliseconds since the Unix epoch as Mesos' seconds. */
export function toSeconds(ms: number): number {
  return ms / 1000;
}

/** An update made by a master or an agent. */
export function newStatus(
  source: "SOURCE_MASTER" | "SOURCE_AGENT",
  options: StatusOptions & { nowMs: number },
): TaskStatus {
  const { reason, agentId, executorId, containerStatus, unreachableTime, uuid } = options;
  return {
    task_id: { value: options.taskId },
    state: options.state,
    message: options.message,
    source,
    timestamp: toSeconds(options.nowMs),
    ...(reason ? { reason } : {}),
    ...(agentId !== undefined ? { agent_id: { value: agentId } } : {}),
    ...(executorId !== undefined ? { executor_id: { value: executorId } } : {}),
    ...(containerStatus ? { container_status: containerStatus } : {}),
    ...(unreachableTime ? { unreachable_time: unreachableTime } : {}),
    ...(uuid ? { uuid } : {}),
  };
}
