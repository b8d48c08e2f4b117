/**
 * Tasks and executors after their launch: updates, kills, messages. Pure.
 *
 * @module
 */

import type {
  SchedulerCallAcknowledge,
  SchedulerCallKill,
  SchedulerCallMessage,
  SchedulerCallShutdown,
} from "../../../mesos/wire/messages.ts";
import type { AgentMessage } from "../../protocol/agent_protocol.ts";
import { isTerminal } from "../../protocol/task_status.ts";
import { reconcile } from "./reconcile.ts";
import type { Agent, Framework } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";

export function kill(
  state: MasterState,
  framework: Framework,
  { task_id, agent_id, kill_policy }: SchedulerCallKill,
): void {
  const taskId = task_id.value;
  const task = framework.tasks.get(taskId);
  if (!task) return reconcile(state, framework, { tasks: [{ task_id, agent_id }] });
  const agent = state.agents.get(task.agentId);
  if (!agent || (agent_id && agent_id.value !== agent.id)) return;
  // The agent may be unreachable without the master knowing it yet.
  const killed = agent.killedTasks.get(framework.id) ?? new Set();
  agent.killedTasks.set(framework.id, killed.add(taskId));
  state.sendToAgent(agent, {
    type: "KILL_TASK",
    frameworkId: framework.id,
    taskId,
    ...(kill_policy ? { killPolicy: kill_policy } : {}),
  });
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a.length === b?.length && a.every((byte, index) => byte === b[index]);
}

export function acknowledge(
  state: MasterState,
  framework: Framework,
  { agent_id, task_id, uuid }: SchedulerCallAcknowledge,
): void {
  const taskId = task_id.value;
  const agent = state.agents.get(agent_id.value);
  if (agent?.linkId === undefined) return;
  const task = agent.tasks.get(framework.id)?.get(taskId);
  if (task) {
    // This master did not send the update; the agent will resend it.
    if (task.statusUpdateState === undefined) return;
    if (isTerminal(task.statusUpdateState) && sameBytes(uuid, task.statusUpdateUuid)) {
      state.removeTask(task);
    }
  }
  state.sendToAgent(agent, { type: "ACKNOWLEDGE", frameworkId: framework.id, taskId, uuid });
}

/** Forwards a message, or an order to shut down, from a framework to an executor. */
export function passToExecutor(
  state: MasterState,
  framework: Framework,
  { agent_id, executor_id, ...message }: SchedulerCallMessage | SchedulerCallShutdown,
): void {
  const agent = state.agents.get(agent_id.value);
  if (!agent) return;
  const ids = { frameworkId: framework.id, executorId: executor_id.value };
  state.sendToAgent(
    agent,
    "data" in message
      ? { type: "FRAMEWORK_MESSAGE", ...ids, data: message.data }
      : { type: "SHUTDOWN_EXECUTOR", ...ids },
  );
}

export function agentMessage(state: MasterState, agent: Agent, message: AgentMessage): void {
  switch (message.type) {
    case "STATUS_UPDATE":
      return statusUpdate(state, agent, message);
    case "EXITED_EXECUTOR":
      return exitedExecutor(state, agent, message);
    case "EXECUTOR_MESSAGE": {
      const { frameworkId, executorId, data } = message;
      const framework = state.frameworks.get(frameworkId);
      if (!framework) return;
      const ids = { agent_id: { value: agent.id }, executor_id: { value: executorId } };
      state.sendEvent(framework, { type: "MESSAGE", message: { ...ids, data } });
    }
  }
}

function statusUpdate(
  state: MasterState,
  agent: Agent,
  { frameworkId, status, latestState }: AgentMessage & { type: "STATUS_UPDATE" },
): void {
  const framework = state.frameworks.get(frameworkId);
  if (framework) state.sendUpdate(framework, status);
  const task = agent.tasks.get(frameworkId)?.get(status.task_id.value);
  if (task) state.updateTask(task, status, latestState);
}

function exitedExecutor(
  state: MasterState,
  agent: Agent,
  { frameworkId, executorId, status }: AgentMessage & { type: "EXITED_EXECUTOR" },
): void {
  if (!state.executor(agent, frameworkId, executorId)) return;
  state.removeExecutor(agent, frameworkId, executorId);
  const framework = state.frameworks.get(frameworkId);
  if (!framework) return;
  const ids = { agent_id: { value: agent.id }, executor_id: { value: executorId } };
  state.sendEvent(framework, { type: "FAILURE", failure: { ...ids, status } });
}
