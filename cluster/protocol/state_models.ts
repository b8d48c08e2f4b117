/**
 * The common parts of `/state` of master and agents: the fields that operators and tests use, in
 * the names and shapes of Mesos. Pure.
 *
 * @see src/common/http.cpp in Mesos
 * @module
 */

import type { AgentInfo, FrameworkInfo } from "../../mesos/wire/messages.ts";
import { type Resources, scalarQuantities } from "../resources/resource_arithmetic.ts";
import { formatValue } from "../resources/resource_text.ts";
import type { AgentAddress } from "./agent_protocol.ts";
import type { Task } from "./task_status.ts";

export type JsonObject = Record<string, unknown>;

/** Amounts by name; cpus, gpus, mem and disk are always present. */
function resourcesModel(resources: Resources): JsonObject {
  const amounts = [...scalarQuantities(resources)].map(([name, sum]) => [name, sum / 1000]);
  const others = resources.filter(({ type }) => type !== "SCALAR")
    .map((resource) => [resource.name, formatValue(resource)]);
  return { cpus: 0, gpus: 0, mem: 0, disk: 0, ...Object.fromEntries([...amounts, ...others]) };
}

export function agentModel(
  { id, hostname, resources = [], attributes = [] }: AgentInfo,
  { ip, port }: AgentAddress,
): JsonObject {
  return {
    id: id?.value,
    hostname,
    pid: `slave(1)@${ip}:${port}`,
    port,
    attributes: Object.fromEntries(
      attributes.map(({ name, text, scalar }) => [name, text?.value ?? scalar?.value]),
    ),
    resources: resourcesModel(resources),
  };
}

export function frameworkModel({ id, name, user, roles, principal }: FrameworkInfo): JsonObject {
  return { id: id?.value, name, user, roles, principal };
}

export function taskModel(task: Task): JsonObject {
  const { taskId: id, name, executorId: executor_id, agentId: slave_id, state } = task;
  return { id, name, executor_id, slave_id, state, resources: resourcesModel(task.resources) };
}
