/**
 * Status updates of tasks, from executors and from the agent itself. Pure.
 *
 * @see Slave::statusUpdate in src/slave/slave.cpp in Mesos
 * @module
 */

import type { ContainerStatus, TaskStatus } from "../../../mesos/wire/messages.ts";
import { isTerminal, type StatusOptions, toSeconds } from "../../protocol/task_status.ts";
import { type Executor, executorOfTask, type Framework, updateTaskState } from "./agent_records.ts";
import type { AgentState } from "./agent_state.ts";
import { updateContainer } from "./container_resources.ts";

/**
 * Accepts an update and delivers it to the framework.
 *
 * @returns The executor to which the agent confirms the update, if any.
 */
export function takeUpdate(
  state: AgentState,
  framework: Framework,
  update: TaskStatus,
): Executor | undefined {
  // A framework that was shut down can't acknowledge.
  if (framework.terminating) return undefined;
  if (update.agent_id && update.agent_id.value !== state.id) return undefined;
  const taskId = update.task_id.value;
  const key = { frameworkId: framework.id, taskId };
  const status = {
    ...update,
    agent_id: { value: state.id },
    timestamp: update.timestamp ?? toSeconds(state.nowMs),
  };
  const executor = executorOfTask(framework, taskId);
  if (!executor) {
    state.updates.update(key, status);
    return undefined;
  }
  const container = containerStatus(state, executor, status);
  const complete = container ? { ...status, container_status: container } : status;
  // An update after the terminal one is dropped but acknowledged, so that it is not resent.
  if (updateTaskState(executor, complete)) {
    state.updates.update(key, complete);
    if (isTerminal(complete.state ?? "TASK_UNKNOWN")) updateContainer(state, executor);
  }
  return executor;
}

function containerStatus(
  state: AgentState,
  executor: Executor,
  { task_id: { value: taskId }, source, state: taskState, container_status }: TaskStatus,
): ContainerStatus | undefined {
  const dropped = source === "SOURCE_AGENT" &&
    (taskState === "TASK_DROPPED" || taskState === "TASK_LOST");
  if (executor.pid === undefined || executor.queuedTasks.has(taskId) || dropped) {
    return container_status;
  }
  return {
    container_id: { value: executor.run.containerId },
    network_infos: [{ ip_addresses: [{ ip_address: state.options.ip }] }],
    executor_pid: executor.pid,
    ...container_status,
  };
}

export function makeUpdate(
  state: AgentState,
  framework: Framework,
  options: Omit<StatusOptions, "uuid" | "agentId">,
): void {
  takeUpdate(state, framework, state.newStatus(options));
}
