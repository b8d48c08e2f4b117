/**
 * `/state` of the master. Pure.
 *
 * @see src/master/readonly_handler.cpp in Mesos
 * @module
 */

import type { AgentInfo, MasterInfo } from "../../../mesos/wire/messages.ts";
import { MESOS_VERSION } from "../../http/http_responses.ts";
import { addResources, type Resources } from "../../resources/resource_arithmetic.ts";
import {
  agentPid,
  agentResourcesModel,
  executorModel,
  type JsonObject,
  resourcesModel,
  taskModel,
  VERSION_MODEL,
} from "../../protocol/state_models.ts";
import { toSeconds } from "../../protocol/task_status.ts";
import {
  type Agent,
  type Framework,
  frameworksOn,
  hasCapability,
  usedBy,
} from "./master_records.ts";
import type { MasterState } from "./master_state.ts";

/** What Mesos itself can do, as agents of this cluster can. */
const AGENT_CAPABILITIES = [
  "MULTI_ROLE",
  "HIERARCHICAL_ROLE",
  "RESERVATION_REFINEMENT",
  "RESOURCE_PROVIDER",
  "RESIZE_VOLUME",
  "AGENT_OPERATION_FEEDBACK",
  "AGENT_DRAINING",
  "TASK_RESOURCE_LIMITS",
];

function sum(lists: Iterable<Resources>): Resources {
  return [...lists].reduce<Resources>((total, each) => addResources(total, each), []);
}

function agentInfoModel(info: AgentInfo): JsonObject {
  const { attributes } = agentResourcesModel(info);
  return { id: info.id?.value, hostname: info.hostname, port: info.port, attributes };
}

function agentModel(agent: Agent): JsonObject {
  const used = sum([...frameworksOn(agent)].map((id) => usedBy(agent, id)));
  const offered = sum([...agent.offers.values()].map(({ resources = [] }) => resources));
  return {
    ...agentInfoModel(agent.info),
    pid: agentPid(agent.address),
    registered_time: toSeconds(agent.registeredMs),
    ...(agent.reregisteredMs === undefined
      ? {}
      : { reregistered_time: toSeconds(agent.reregisteredMs) }),
    ...agentResourcesModel(agent.info),
    used_resources: resourcesModel(used),
    offered_resources: resourcesModel(offered),
    active: agent.linkId !== undefined,
    deactivated: false,
    version: MESOS_VERSION,
    capabilities: AGENT_CAPABILITIES,
  };
}

function frameworkModel(state: MasterState, framework: Framework): JsonObject {
  const { id, info } = framework;
  const agents = [...state.agents.values()];
  const used = sum(agents.map((agent) => usedBy(agent, id)));
  const offered = sum([...framework.offers.values()].map(({ resources = [] }) => resources));
  const { registeredMs, reregisteredMs } = framework;
  return {
    id,
    name: info.name,
    user: info.user,
    failover_timeout: info.failover_timeout ?? 0,
    checkpoint: info.checkpoint ?? false,
    hostname: info.hostname ?? "",
    webui_url: info.webui_url ?? "",
    ...(info.principal === undefined ? {} : { principal: info.principal }),
    ...(hasCapability(info, "MULTI_ROLE")
      ? { roles: info.roles ?? [] }
      : { role: info.role ?? "*" }),
    capabilities: (info.capabilities ?? []).map(({ type }) => type),
    active: framework.active,
    connected: framework.connection === "CONNECTED",
    recovered: framework.connection === "RECOVERED",
    registered_time: toSeconds(registeredMs),
    unregistered_time: toSeconds(framework.unregisteredMs),
    ...(registeredMs === reregisteredMs ? {} : { reregistered_time: toSeconds(reregisteredMs) }),
    resources: resourcesModel(addResources(used, offered)),
    used_resources: resourcesModel(used),
    offered_resources: resourcesModel(offered),
    tasks: [...framework.tasks.values()].map(taskModel),
    unreachable_tasks: [...framework.unreachableTasks.values()].map(taskModel),
    completed_tasks: [...framework.completedTasks.values()].map(taskModel),
    offers: [...framework.offers.values()].map((offer) => ({
      id: offer.id.value,
      framework_id: id,
      allocation_info: offer.allocation_info,
      slave_id: offer.agent_id.value,
      resources: resourcesModel(offer.resources ?? []),
    })),
    executors: agents.flatMap((agent) =>
      [...agent.executors.get(id)?.values() ?? []].map((executor) => ({
        ...executorModel(executor),
        slave_id: agent.id,
      }))
    ),
  };
}

function leaderModel({ id, pid, port, hostname }: MasterInfo): JsonObject {
  return { id, pid, port, hostname };
}

/** The whole state. */
export function masterStateModel(state: MasterState, startedMs: number): JsonObject {
  const { info } = state.options;
  const agents = [...state.agents.values()];
  const linked = agents.filter(({ linkId }) => linkId !== undefined);
  return {
    ...VERSION_MODEL,
    start_time: toSeconds(startedMs),
    elected_time: toSeconds(startedMs),
    id: info.id,
    pid: info.pid,
    hostname: info.hostname,
    capabilities: (info.capabilities ?? []).map(({ type }) => type),
    activated_slaves: linked.length,
    deactivated_slaves: agents.length - linked.length,
    unreachable_slaves: state.unreachableAgents.size,
    leader: info.pid,
    leader_info: leaderModel(info),
    slaves: agents.map(agentModel),
    recovered_slaves: [...state.recoveredAgents.values()].map(agentInfoModel),
    frameworks: [...state.frameworks.values()].map((each) => frameworkModel(state, each)),
    completed_frameworks: [...state.completedFrameworks.values()].map((each) =>
      frameworkModel(state, each)
    ),
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
}
