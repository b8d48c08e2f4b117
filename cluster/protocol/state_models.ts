/**
 * The common parts of `/state` of master and agents: the fields that operators and tests use, in
 * the names and shapes of Mesos. Pure.
 *
 * @see src/common/http.cpp in Mesos
 * @module
 */

import type { AgentInfo, FrameworkInfo, MesosResource } from "../../mesos/wire/messages.ts";
import { MESOS_VERSION } from "../http/http_responses.ts";
import type { Resources } from "../resources/resource_arithmetic.ts";
import { formatValue } from "../resources/resource_text.ts";
import { addValues } from "../resources/resource_values.ts";
import type { AgentAddress } from "./agent_protocol.ts";
import type { Task } from "./task_status.ts";

export type JsonObject = Record<string, unknown>;

/** Amounts by name; cpus, gpus, mem and disk are always present. */
export function resourcesModel(resources: Resources): JsonObject {
  const sums = new Map<string, MesosResource>();
  for (const resource of resources) {
    const present = sums.get(resource.name);
    sums.set(resource.name, present ? addValues(present, resource) : resource);
  }
  const model: JsonObject = { cpus: 0, gpus: 0, mem: 0, disk: 0 };
  for (const [name, resource] of sums) {
    model[name] = resource.type === "SCALAR" ? resource.scalar?.value ?? 0 : formatValue(resource);
  }
  return model;
}

/** An agent's resources and attributes. */
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

export function frameworkInfoModel(info: FrameworkInfo): JsonObject {
  const { id, name, user, roles = [], principal, checkpoint = false, failover_timeout = 0 } = info;
  return { id: id?.value, name, user, roles, principal, checkpoint, failover_timeout };
}

export function taskModel(task: Task): JsonObject {
  const { taskId, name, frameworkId, executorId = "", agentId, state, resources } = task;
  return {
    id: taskId,
    name,
    framework_id: frameworkId,
    executor_id: executorId,
    slave_id: agentId,
    state,
    resources: resourcesModel(resources),
  };
}

/** The response of `/version`. */
export const VERSION_MODEL: Readonly<JsonObject> = { version: MESOS_VERSION };
