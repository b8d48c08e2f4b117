/**
 * Resources, tasks and the like as `/state` shows them, which is not how the API does. Pure.
 *
 * @see src/common/http.cpp in Mesos
 * @module
 */

import type {
  AgentInfo,
  Attribute,
  ExecutorInfo,
  MesosResource,
} from "../../mesos/wire/messages.ts";
import type { AgentAddress } from "./agent_protocol.ts";
import { MESOS_VERSION } from "../http/http_responses.ts";
import { reservationRole, type Resources } from "../resources/resource_arithmetic.ts";
import { addValues } from "../resources/resource_values.ts";
import { formatValue } from "../resources/resource_text.ts";
import type { Task } from "./task_status.ts";

/** A JSON object. */
export type JsonObject = Record<string, unknown>;

function valueOf(resource: MesosResource | Attribute): unknown {
  if (resource.type === "SCALAR") return resource.scalar?.value ?? 0;
  return "text" in resource ? resource.text?.value ?? "" : formatValue(resource);
}

/** Amounts by name; cpus, gpus, mem and disk are always there. */
export function resourcesModel(resources: Resources): JsonObject {
  const sums = new Map<string, MesosResource>();
  for (const resource of resources) {
    const present = sums.get(resource.name);
    sums.set(resource.name, present ? addValues(present, resource) : resource);
  }
  const model: JsonObject = { cpus: 0, gpus: 0, mem: 0, disk: 0 };
  for (const [name, resource] of sums) model[name] = valueOf(resource);
  return model;
}

/** Attributes by name. */
export function attributesModel(attributes: readonly Attribute[] = []): JsonObject {
  return Object.fromEntries(attributes.map((attribute) => [attribute.name, valueOf(attribute)]));
}

/** What is set aside, by role. */
export function reservationsModel(resources: Resources): JsonObject {
  const reserved = resources.filter((each) => reservationRole(each) !== undefined);
  const byRole = Map.groupBy(reserved, (each) => reservationRole(each) ?? "");
  return Object.fromEntries([...byRole].map(([role, group]) => [role, resourcesModel(group)]));
}

/** What an agent has, as master and agent both show it. */
export function agentResourcesModel({ resources = [], attributes }: AgentInfo): JsonObject {
  const unreserved = resources.filter((each) => reservationRole(each) === undefined);
  return {
    attributes: attributesModel(attributes),
    resources: resourcesModel(resources),
    reserved_resources: reservationsModel(resources),
    unreserved_resources: resourcesModel(unreserved),
  };
}

/** How libprocess names an agent. */
export function agentPid({ ip, port }: AgentAddress): string {
  return `slave(1)@${ip}:${port}`;
}

/** A task with its history. */
export function taskModel(task: Task): JsonObject {
  const { labels } = task;
  return {
    id: task.taskId,
    name: task.name,
    framework_id: task.frameworkId,
    executor_id: task.executorId ?? "",
    slave_id: task.agentId,
    state: task.state,
    resources: resourcesModel(task.resources),
    role: task.resources[0]?.allocation_info?.role ?? "*",
    statuses: task.statuses.map(({ state, timestamp, labels, container_status }) => ({
      state,
      timestamp,
      ...(labels ? { labels: labels.labels ?? [] } : {}),
      ...(container_status ? { container_status } : {}),
    })),
    ...(labels ? { labels: labels.labels ?? [] } : {}),
  };
}

/** An executor as its framework described it. */
export function executorModel(executor: ExecutorInfo): JsonObject {
  const { command, labels, type } = executor;
  return {
    executor_id: executor.executor_id.value,
    name: executor.name ?? "",
    framework_id: executor.framework_id?.value ?? "",
    command: {
      shell: command?.shell ?? true,
      ...(command?.value === undefined ? {} : { value: command.value }),
      argv: command?.arguments ?? [],
      uris: (command?.uris ?? []).map(({ value, executable }) => ({
        value,
        executable: executable ?? false,
      })),
    },
    resources: resourcesModel(executor.resources ?? []),
    ...(labels ? { labels: labels.labels ?? [] } : {}),
    ...(type ? { type } : {}),
  };
}

/** What `/version` shows. */
export const VERSION_MODEL: Readonly<JsonObject> = {
  build_date: "1970-01-01 00:00:00",
  build_time: 0,
  build_user: "",
  version: MESOS_VERSION,
};
