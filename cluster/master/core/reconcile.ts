/**
 * RECONCILE: reports the states of tasks. Pure.
 *
 * @see Master::reconcile in src/master/master.cpp in Mesos
 * @module
 */

import type { AgentId } from "../../../mesos/ids.ts";
import type {
  SchedulerCallReconcile,
  SchedulerCallReconcileTask,
  TaskState,
  TaskStatus,
} from "../../../mesos/wire/messages.ts";
import { lastContainerStatus, type Task } from "../../protocol/task_status.ts";
import { NANOSECONDS_PER_MS } from "../../../support/units.ts";
import type { Framework } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";

/** Reports the states of the named tasks, or of all if none is named. */
export function reconcile(
  state: MasterState,
  framework: Framework,
  { tasks = [] }: SchedulerCallReconcile,
): void {
  const statuses = tasks.length > 0
    ? tasks.map((task) => statusOf(state, framework, task))
    : [...framework.tasks.values()].map((task) => latestStatus(state, task));
  for (const status of statuses) {
    if (status) state.sendEvent(framework, { type: "UPDATE", update: { status } });
  }
}

function latestStatus(state: MasterState, task: Task): TaskStatus {
  const { taskId, agentId, executorId } = task;
  return state.newStatus({
    taskId,
    agentId,
    executorId,
    state: task.statusUpdateState ?? task.state,
    message: "Reconciliation: Latest task state",
    reason: "REASON_RECONCILIATION",
    containerStatus: lastContainerStatus(task),
  });
}

/** Undefined if the task may be on an agent that has not re-registered yet. */
function statusOf(
  state: MasterState,
  framework: Framework,
  { task_id, agent_id }: SchedulerCallReconcileTask,
): TaskStatus | undefined {
  const task = framework.tasks.get(task_id.value);
  if (task) return latestStatus(state, task);
  const agentId = agent_id?.value;
  const recovering = agentId === undefined
    ? state.recoveredAgents.size > 0
    : state.recoveredAgents.has(agentId);
  if (recovering) return undefined;
  const [taskState, fact] = verdict(state, agentId);
  const sinceMs = state.unreachableAgents.get(agentId ?? "");
  return state.newStatus({
    taskId: task_id.value,
    agentId,
    state: taskState,
    message: `Reconciliation: Task is ${fact}`,
    reason: "REASON_RECONCILIATION",
    ...(taskState === "TASK_UNREACHABLE" && sinceMs !== undefined
      ? { unreachableTime: { nanoseconds: sinceMs * NANOSECONDS_PER_MS } }
      : {}),
  });
}

function verdict(state: MasterState, agentId: AgentId | undefined): [TaskState, string] {
  if (agentId !== undefined && state.agents.has(agentId)) {
    return ["TASK_GONE", "unknown to the agent"];
  }
  if (agentId !== undefined && state.unreachableAgents.has(agentId)) {
    return ["TASK_UNREACHABLE", "unreachable"];
  }
  return ["TASK_UNKNOWN", "unknown"];
}
