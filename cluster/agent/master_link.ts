/**
 * Registration with the master, and loss of the master. Pure.
 *
 * @module
 */

import type { TaskId } from "../../mesos/ids.ts";
import type { FrameworkInfo } from "../../mesos/wire/messages.ts";
import type {
  AgentAddress,
  MasterMessage,
  Ping,
  Registration,
} from "../protocol/agent_protocol.ts";
import { newTask } from "../protocol/task_status.ts";
import { completeTask, executorOfTask } from "./core/agent_records.ts";
import type { AgentState } from "./core/agent_state.ts";

/** The registration for a master that may not know the agent. */
export function registrationOf(state: AgentState, address: AgentAddress): Registration {
  const frameworks = [...state.frameworks.values()];
  const executors = frameworks.flatMap((framework) => [...framework.executors.values()]);
  return {
    info: state.info,
    address,
    frameworks: frameworks.map(({ info }) => info),
    executors: executors
      .filter((executor) => executor.state !== "TERMINATED")
      .map(({ info }) => info),
    tasks: executors.flatMap(({ run, queuedTasks, tasks }) => [
      ...tasks.values(),
      ...[...queuedTasks.values()].map((task) => newTask(task, run.frameworkId)),
    ]),
  };
}

export function registered(
  state: AgentState,
  { agentId, pingTimeoutMs, reconciliations }: MasterMessage & { type: "REGISTERED" },
): void {
  if (state.phase !== "DISCONNECTED") return;
  state.phase = "RUNNING";
  if (state.id !== agentId) {
    state.info = { ...state.info, id: { value: agentId } };
    state.checkpoint({ type: "AGENT", info: state.info });
  }
  state.pingTimeoutMs = pingTimeoutMs;
  expectPing(state);
  state.updates.resume();
  for (const { framework, taskIds } of reconciliations) {
    for (const taskId of taskIds) tellGone(state, framework, taskId);
  }
}

/** Reports a task that the master knows and the agent does not as gone. */
function tellGone(state: AgentState, info: FrameworkInfo, taskId: TaskId): void {
  const frameworkId = info.id?.value ?? "";
  const framework = state.frameworks.get(frameworkId);
  if (framework && executorOfTask(framework, taskId)) return;
  const status = state.newStatus({
    taskId,
    state: "TASK_DROPPED",
    message: "Reconciliation: task unknown to the agent",
    reason: "REASON_RECONCILIATION",
  });
  state.updates.update({ frameworkId, taskId }, status);
}

function expectPing(state: AgentState): void {
  state.want({
    type: "SET_TIMER",
    timeout: { type: "MASTER_PING" },
    afterMs: state.pingTimeoutMs,
  });
}

export function pinged(state: AgentState, { connected }: Ping): void {
  if (state.phase !== "RUNNING") return;
  expectPing(state);
  // The master lost the link without the agent noticing.
  if (!connected) masterLost(state);
}

/** Handles a broken link, or a master that stopped sending pings. */
export function masterLost(state: AgentState): void {
  if (state.phase !== "RUNNING" && state.phase !== "DISCONNECTED") return;
  state.phase = "DISCONNECTED";
  state.updates.pause();
  state.want({ type: "CLEAR_TIMER", timeout: { type: "MASTER_PING" } });
  state.want({ type: "REGISTER" });
}

export function acknowledge(
  state: AgentState,
  { frameworkId, taskId, uuid }: MasterMessage & { type: "ACKNOWLEDGE" },
): void {
  const { expected, ended } = state.updates.acknowledge({ frameworkId, taskId }, uuid);
  if (!expected) return;
  const framework = state.frameworks.get(frameworkId);
  const executor = framework && executorOfTask(framework, taskId);
  const task = executor?.tasks.get(taskId);
  if (framework && executor && task && ended) {
    const { served } = executor;
    completeTask(executor, task);
    // The effects of removing the task must not be lost.
    if (executor.served !== served) state.checkpointExecutor(executor);
    state.checkpoint({ type: "TASK_DONE", run: executor.run, taskId });
    state.removeSettled(framework, executor);
  }
  if (framework?.executors.size === 0 && !state.updates.hasPending(frameworkId)) {
    state.removeFramework(framework);
  }
}

export function updateFramework(state: AgentState, info: FrameworkInfo): void {
  const framework = state.frameworks.get(info.id?.value ?? "");
  if (!framework || framework.terminating) return;
  framework.info = info;
  state.checkpoint({ type: "FRAMEWORK", info });
  // The scheduler may have failed over, and the new one may have missed earlier updates.
  state.updates.resume();
}
