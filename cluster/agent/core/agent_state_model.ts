/**
 * `/state` of the agent. Pure.
 *
 * @see src/slave/http.cpp in Mesos
 * @module
 */

import type { AgentAddress } from "../../protocol/agent_protocol.ts";
import { addResources, type Resources } from "../../resources/resource_arithmetic.ts";
import {
  agentPid,
  agentResourcesModel,
  type JsonObject,
  resourcesModel,
  taskModel,
  VERSION_MODEL,
} from "../../protocol/state_models.ts";
import { newTask, toSeconds } from "../../protocol/task_status.ts";
import type { Executor, Framework } from "./agent_records.ts";
import type { AgentState } from "./agent_state.ts";

function takenBy({ info, queuedTasks, launchedTasks }: Executor): Resources {
  const tasks = [...queuedTasks.values(), ...launchedTasks.values()];
  return tasks.reduce<Resources>(
    (sum, { resources = [] }) => addResources(sum, resources),
    info.resources ?? [],
  );
}

function runModel(executor: Executor, directory: string): JsonObject {
  const { run, info } = executor;
  const queued = [...executor.queuedTasks.values()].map((task) => newTask(task, run.frameworkId));
  const unacknowledged = [...executor.terminatedTasks.values()];
  return {
    id: run.executorId,
    name: info.name ?? "",
    source: info.source ?? "",
    container: run.containerId,
    directory,
    resources: resourcesModel(takenBy(executor)),
    ...(info.labels ? { labels: info.labels.labels ?? [] } : {}),
    ...(info.type ? { type: info.type } : {}),
    tasks: [...executor.launchedTasks.values()].map(taskModel),
    queued_tasks: queued.map(taskModel),
    completed_tasks: [...executor.completedTasks.values(), ...unacknowledged].map(taskModel),
  };
}

/** Finds the sandbox of an executor. */
export type SandboxOf = (executor: Executor) => string;

function frameworkModel({ id, info, executors }: Framework, sandboxOf: SandboxOf): JsonObject {
  const multiRole = info.capabilities?.some(({ type }) => type === "MULTI_ROLE");
  return {
    id,
    name: info.name,
    user: info.user,
    failover_timeout: info.failover_timeout ?? 0,
    checkpoint: info.checkpoint ?? false,
    hostname: info.hostname ?? "",
    ...(info.principal === undefined ? {} : { principal: info.principal }),
    ...(multiRole ? { roles: info.roles ?? [] } : { role: info.role ?? "*" }),
    executors: [...executors.values()].map((each) => runModel(each, sandboxOf(each))),
    completed_executors: [],
  };
}

/** The whole state. */
export function agentStateModel(
  state: AgentState,
  { address, startedMs, sandboxOf }: {
    address: AgentAddress;
    startedMs: number;
    sandboxOf: SandboxOf;
  },
): JsonObject {
  return {
    ...VERSION_MODEL,
    start_time: toSeconds(startedMs),
    id: state.id,
    pid: agentPid(address),
    hostname: state.info.hostname,
    ...agentResourcesModel(state.info),
    frameworks: [...state.frameworks.values()].map((each) => frameworkModel(each, sandboxOf)),
    completed_frameworks: [],
  };
}
