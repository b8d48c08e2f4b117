/**
 * `/state` of the master. Pure.
 *
 * @see src/master/readonly_handler.cpp in Mesos
 * @module
 */

import { addResources, type Resources } from "../../resources/resource_arithmetic.ts";
import {
  agentModel,
  frameworkInfoModel,
  type JsonObject,
  resourcesModel,
  taskModel,
  VERSION_MODEL,
} from "../../protocol/state_models.ts";
import { type Agent, type Framework, frameworksOn, usedBy } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";

function registeredAgentModel(agent: Agent): JsonObject {
  const used = [...frameworksOn(agent)].map((id) => usedBy(agent, id));
  return {
    ...agentModel(agent.info, agent.address),
    active: agent.linkId !== undefined,
    used_resources: resourcesModel(
      used.reduce<Resources>((total, each) => addResources(total, each), []),
    ),
  };
}

function frameworkModel(framework: Framework): JsonObject {
  return {
    ...frameworkInfoModel(framework.info),
    active: framework.active,
    connected: framework.connection === "CONNECTED",
    recovered: framework.connection === "RECOVERED",
    tasks: [...framework.tasks.values()].map(taskModel),
    unreachable_tasks: [...framework.unreachableTasks.values()].map(taskModel),
    completed_tasks: [...framework.completedTasks.values()].map(taskModel),
  };
}

export function masterStateModel(state: MasterState): JsonObject {
  const { id, pid, hostname } = state.options.info;
  const agents = [...state.agents.values()];
  const linked = agents.filter(({ linkId }) => linkId !== undefined);
  return {
    ...VERSION_MODEL,
    id,
    pid,
    hostname,
    leader: pid,
    activated_slaves: linked.length,
    deactivated_slaves: agents.length - linked.length,
    unreachable_slaves: state.unreachableAgents.size,
    slaves: agents.map(registeredAgentModel),
    frameworks: [...state.frameworks.values()].map(frameworkModel),
    completed_frameworks: [...state.completedFrameworks.values()].map(frameworkModel),
  };
}
