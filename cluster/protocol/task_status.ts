/**
 * Tasks in the records of master and agent, and the updates that these make themselves. Pure.
 *
 * @module
 */

import type { AgentId, ExecutorId, FrameworkId, TaskId } from "../../mesos/ids.ts";
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

export function isTerminal(state: TaskState): boolean {
  return TERMINAL_STATES.has(state);
}

/** A task, from its launch until its last update is acknowledged. */
export interface Task {
  name: string;
  taskId: TaskId;
  frameworkId: FrameworkId;
  /** Its executor; absent for a task with its own command. */
  executorId?: ExecutorId | undefined;
  agentId: AgentId;
  state: TaskState;
  resources: MesosResource[];
  /** The latest update of each state, in order. */
  statuses: TaskStatus[];
  /** The state in the last update to the framework that requires an acknowledgement. */
  statusUpdateState?: TaskState | undefined;
  statusUpdateUuid?: Uint8Array | undefined;
  labels?: Labels | undefined;
}

export function newTask(info: TaskInfo, frameworkId: FrameworkId): Task {
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

/**
 * Records an update without the framework's data; consecutive updates of one state replace each
 * other.
 */
export function recordStatus(task: Task, { data: _, ...status }: TaskStatus): void {
  if (task.statuses.at(-1)?.state === status.state) task.statuses.pop();
  task.statuses.push(status);
}

/** The last known status of the task's container. */
export function lastContainerStatus(task: Task): ContainerStatus | undefined {
  return task.statuses.findLast(({ container_status }) => container_status)?.container_status;
}

export interface StatusOptions {
  taskId: TaskId;
  state: TaskState;
  message: string;
  reason?: TaskStatusReason | undefined;
  agentId?: AgentId | undefined;
  executorId?: ExecutorId | undefined;
  containerStatus?: ContainerStatus | undefined;
  unreachableTime?: TimeInfo | undefined;
  uuid?: Uint8Array | undefined;
}

/** Converts milliseconds since the Unix epoch to seconds, the unit of Mesos. */
export function toSeconds(ms: number): number {
  return ms / 1000;
}

export function newStatus(
  source: "SOURCE_MASTER" | "SOURCE_AGENT",
  options: StatusOptions & { nowMs: number },
): TaskStatus {
  const { taskId, agentId, executorId, containerStatus, unreachableTime, nowMs, ...rest } = options;
  return {
    ...rest,
    task_id: { value: taskId },
    source,
    timestamp: toSeconds(nowMs),
    agent_id: agentId === undefined ? undefined : { value: agentId },
    executor_id: executorId === undefined ? undefined : { value: executorId },
    container_status: containerStatus,
    unreachable_time: unreachableTime,
  };
}
