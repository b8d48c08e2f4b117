/**
 * The lifecycle of agents: registration, loss of the link, re-registration. Pure.
 *
 * ```text
 *                REGISTER            link broken              no answer to pings
 *  (unknown) ──────────────► linked ─────────────► unlinked ──────────────────► unreachable
 *                              ▲ │                    │ ▲                            │
 *  recovered ───REREGISTER─────┤ └── no answer … ─────┼─┼──────────────────────────► │
 *  (from the registry)         └──────── REREGISTER ──┘ └── not in time: unreachable │
 *                              ▲                                                     │
 *                              └──────────────────── REREGISTER ─────────────────────┘
 * ```
 *
 * @see src/master/master.cpp in Mesos
 * @module
 */

import type { AgentId, FrameworkId } from "../../../mesos/ids.ts";
import type { ExecutorInfo, FrameworkInfo } from "../../../mesos/wire/messages.ts";
import type { Registration, TaskReconciliation } from "../../protocol/agent_protocol.ts";
import { formatDuration } from "../../protocol/duration.ts";
import { isTerminal, lastContainerStatus, type Task } from "../../protocol/task_status.ts";
import { NANOSECONDS_PER_MS } from "../../../support/units.ts";
import { type Agent, type Framework, inner, newAgent } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";
import { recoverFramework } from "./framework_subscription.ts";

export function registerAgent(
  state: MasterState,
  linkId: string,
  registration: Registration,
): void {
  const id = registration.info.id?.value;
  const known = state.agents.get(id ?? "");
  if (known) return relinkAgent(state, known, { linkId, registration });
  if (id === undefined) return registerNewAgent(state, linkId, registration);
  const wasRecovered = state.recoveredAgents.delete(id);
  if (!wasRecovered) tellReappearance(state, id, registration);
  forgetUnreachable(state, id);
  admitAgent(state, linkId, registration);
}

/**
 * Registers an agent without an id. It replaces an agent at the same address, unless that one
 * is still linked: then this agent has missed its registration, or the loss of the link
 * has not been detected yet.
 */
function registerNewAgent(state: MasterState, linkId: string, registration: Registration): void {
  const { ip, port } = registration.address;
  const present = [...state.agents.values()].find(({ address }) =>
    address.ip === ip && address.port === port
  );
  if (present?.linkId !== undefined) {
    return relinkAgent(state, present, {
      linkId,
      registration: { ...registration, info: present.info },
    });
  }
  if (present) removeAgent(state, present, "a new agent registered at the same address");
  const info = { ...registration.info, id: { value: state.newId("agent") } };
  admitAgent(state, linkId, { ...registration, info });
}

function admitAgent(state: MasterState, linkId: string, registration: Registration): void {
  const { info, address, frameworks } = registration;
  const agent = newAgent(info, { address, linkId });
  for (const task of registration.tasks) {
    if (state.completedFrameworks.has(task.frameworkId)) continue;
    inner(agent.tasks, task.frameworkId).set(task.taskId, task);
  }
  addExecutors(agent, registration.executors);
  state.addAgent(agent);
  sendRegistered(state, agent, []);
  for (const { id } of frameworks) shutDownCompleted(state, agent, id?.value ?? "");
  updateFrameworks(state, agent, frameworks);
  ping(state, agent);
}

function addExecutors(agent: Agent, executors: readonly ExecutorInfo[]): void {
  for (const executor of executors) {
    const frameworkId = executor.framework_id?.value ?? "";
    inner(agent.executors, frameworkId).set(executor.executor_id.value, executor);
  }
}

function shutDownCompleted(state: MasterState, agent: Agent, frameworkId: FrameworkId): void {
  if (!state.completedFrameworks.has(frameworkId)) return;
  state.sendToAgent(agent, { type: "SHUTDOWN_FRAMEWORK", frameworkId });
}

function sendRegistered(
  state: MasterState,
  agent: Agent,
  reconciliations: TaskReconciliation[],
): void {
  const { agentPingTimeoutMs, maxAgentPingTimeouts } = state.options;
  const pingTimeoutMs = agentPingTimeoutMs * maxAgentPingTimeouts;
  state.sendToAgent(agent, {
    type: "REGISTERED",
    agentId: agent.id,
    pingTimeoutMs,
    reconciliations,
  });
}

/** Sends the agent the current framework infos, and recovers frameworks that only it knows. */
function updateFrameworks(
  state: MasterState,
  agent: Agent,
  frameworks: readonly FrameworkInfo[],
): void {
  for (const info of frameworks) {
    const id = info.id?.value ?? "";
    const framework = state.frameworks.get(id);
    if (framework) {
      state.sendToAgent(agent, { type: "UPDATE_FRAMEWORK", framework: framework.info });
    } else if (!state.completedFrameworks.has(id)) {
      recoverFramework(state, info);
    }
  }
}

/** Reports the states of tasks that reappear to their frameworks. */
function tellReappearance(state: MasterState, agentId: AgentId, { tasks }: Registration): void {
  const message = state.unreachableAgents.has(agentId)
    ? "Unreachable agent re-reregistered"
    : "Unknown agent reregistered";
  for (const task of tasks) {
    const framework = state.frameworks.get(task.frameworkId);
    if (!framework) continue;
    framework.unreachableTasks.delete(task.taskId);
    const status = state.newStatus({
      taskId: task.taskId,
      agentId,
      executorId: task.executorId,
      state: task.state,
      message,
      reason: "REASON_AGENT_REREGISTERED",
      containerStatus: lastContainerStatus(task),
    });
    state.sendUpdate(framework, status);
  }
}

function forgetUnreachable(state: MasterState, agentId: AgentId): void {
  state.unreachableAgents.delete(agentId);
  for (const framework of state.frameworks.values()) {
    for (const task of [...framework.unreachableTasks.values()]) {
      if (task.agentId === agentId) framework.unreachableTasks.delete(task.taskId);
    }
  }
}

/** Reconnects an agent that was not marked unreachable. */
function relinkAgent(
  state: MasterState,
  agent: Agent,
  { linkId, registration }: { linkId: string; registration: Registration },
): void {
  agent.linkId = linkId;
  agent.info = registration.info;
  agent.address = registration.address;
  sendRegistered(state, agent, missingTasks(state, agent, registration.tasks));
  removeMissingExecutors(state, agent, registration.executors);
  for (const task of registration.tasks) {
    const { frameworkId, taskId } = task;
    if (!isTerminal(task.state) && agent.killedTasks.get(frameworkId)?.has(taskId)) {
      state.sendToAgent(agent, { type: "KILL_TASK", frameworkId, taskId });
    }
  }
  for (const id of new Set(registration.tasks.map(({ frameworkId }) => frameworkId))) {
    shutDownCompleted(state, agent, id);
  }
  state.allocator.setAgentActive(agent.id, true);
  state.want({
    type: "CLEAR_TIMER",
    timeout: { type: "AGENT_REREGISTRATION", agentId: agent.id },
  });
  updateFrameworks(state, agent, registration.frameworks);
}

function missingTasks(
  state: MasterState,
  agent: Agent,
  present: readonly Task[],
): TaskReconciliation[] {
  const keys = new Set(present.map(({ frameworkId, taskId }) => `${frameworkId}\0${taskId}`));
  return [...agent.tasks].flatMap(([frameworkId, tasks]) => {
    const framework = state.frameworks.get(frameworkId)?.info;
    const taskIds = [...tasks.keys()].filter((taskId) => !keys.has(`${frameworkId}\0${taskId}`));
    return framework && taskIds.length > 0 ? [{ framework, taskIds }] : [];
  });
}

function removeMissingExecutors(
  state: MasterState,
  agent: Agent,
  present: readonly ExecutorInfo[],
): void {
  const keys = new Set(
    present.map(({ framework_id, executor_id }) => `${framework_id?.value}\0${executor_id.value}`),
  );
  for (const [frameworkId, executors] of [...agent.executors]) {
    for (const executorId of [...executors.keys()]) {
      if (!keys.has(`${frameworkId}\0${executorId}`)) {
        state.removeExecutor(agent, frameworkId, executorId);
      }
    }
  }
}

export function linkClosed(state: MasterState, linkId: string): void {
  const agent = [...state.agents.values()].find((each) => each.linkId === linkId);
  if (!agent) return;
  agent.linkId = undefined;
  state.allocator.setAgentActive(agent.id, false);
  for (const offer of [...agent.offers.values()]) state.rescindOffer(offer);
  state.want({
    type: "SET_TIMER",
    timeout: { type: "AGENT_REREGISTRATION", agentId: agent.id },
    afterMs: state.options.agentReregisterTimeoutMs,
  });
}

/** Handles an agent that did not re-register in time after its link broke. */
export function reregistrationTimedOut(state: MasterState, agentId: AgentId): void {
  const agent = state.agents.get(agentId);
  if (agent?.linkId !== undefined || !agent) return;
  const limit = formatDuration(state.options.agentReregisterTimeoutMs);
  const message = `agent did not reregister within ${limit} after disconnecting`;
  markUnreachable(state, agent, message);
}

/** Handles agents of the registry that did not re-register in time after the master started. */
export function recoveredAgentsTimedOut(state: MasterState): void {
  for (const agentId of [...state.recoveredAgents.keys()]) {
    state.recoveredAgents.delete(agentId);
    state.unreachableAgents.set(agentId, state.nowMs);
    state.saveRegistry();
    tellLost(state, agentId);
  }
}

function ping(state: MasterState, agent: Agent): void {
  const { id, address } = agent;
  agent.pinged = true;
  state.want({ type: "PING", agentId: id, address, connected: agent.linkId !== undefined });
  state.want({
    type: "SET_TIMER",
    timeout: { type: "AGENT_PING", agentId: id },
    afterMs: state.options.agentPingTimeoutMs,
  });
}

export function pong(state: MasterState, agentId: AgentId): void {
  const agent = state.agents.get(agentId);
  if (!agent) return;
  agent.pinged = false;
  agent.missedPings = 0;
}

export function pingTimedOut(state: MasterState, agentId: AgentId): void {
  const agent = state.agents.get(agentId);
  if (!agent) return;
  if (agent.pinged) agent.missedPings++;
  if (agent.missedPings >= state.options.maxAgentPingTimeouts) {
    return markUnreachable(state, agent, "health check timed out");
  }
  ping(state, agent);
}

function markUnreachable(state: MasterState, agent: Agent, message: string): void {
  state.unreachableAgents.set(agent.id, state.nowMs);
  removeAgent(state, agent, message);
}

/** Removes an agent from the cluster, temporarily or for good. */
function removeAgent(state: MasterState, agent: Agent, message: string): void {
  // Deactivate it first: otherwise the resources of its tasks would be offered again.
  state.allocator.removeAgent(agent.id);
  for (const [frameworkId, tasks] of [...agent.tasks]) {
    const framework = state.frameworks.get(frameworkId);
    if (!framework) continue;
    for (const task of [...tasks.values()]) loseTask(state, agent, { framework, task, message });
  }
  for (const offer of [...agent.offers.values()]) state.rescindOffer(offer);
  state.agents.delete(agent.id);
  for (const type of ["AGENT_PING", "AGENT_REREGISTRATION"] as const) {
    state.want({ type: "CLEAR_TIMER", timeout: { type, agentId: agent.id } });
  }
  state.saveRegistry();
  tellLost(state, agent.id);
}

function loseTask(
  state: MasterState,
  agent: Agent,
  { framework, task, message }: { framework: Framework; task: Task; message: string },
): void {
  const sinceMs = state.unreachableAgents.get(agent.id);
  const { taskId, executorId } = task;
  const options = {
    taskId,
    executorId,
    agentId: agent.id,
    reason: "REASON_AGENT_REMOVED" as const,
  };
  const status = sinceMs === undefined
    ? state.newStatus({
      ...options,
      state: "TASK_LOST",
      message: `Agent ${agent.info.hostname} removed: ${message}`,
    })
    : state.newStatus({
      ...options,
      state: "TASK_UNREACHABLE",
      message,
      unreachableTime: { nanoseconds: sinceMs * NANOSECONDS_PER_MS },
    });
  state.updateTask(task, status, undefined);
  state.removeTask(task, { unreachable: sinceMs !== undefined });
  state.sendUpdate(framework, status);
}

function tellLost(state: MasterState, agentId: AgentId): void {
  for (const framework of state.frameworks.values()) {
    state.sendEvent(framework, { type: "FAILURE", failure: { agent_id: { value: agentId } } });
  }
}
