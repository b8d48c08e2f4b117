/**
 * The master's records of frameworks and agents. Pure.
 *
 * @module
 */

import type { AgentId, ExecutorId, FrameworkId, OfferId, TaskId } from "../../../mesos/ids.ts";
import type {
  AgentInfo,
  ExecutorInfo,
  FrameworkInfo,
  Offer,
} from "../../../mesos/wire/messages.ts";
import type { AgentAddress } from "../../protocol/agent_protocol.ts";
import { BoundedMap } from "../../bounded_map.ts";
import { type Resources, totalOf } from "../../resources/resource_arithmetic.ts";
import { isTerminal, type Task } from "../../protocol/task_status.ts";

const MAX_TASKS_REMEMBERED = 1000;

/** A framework, from its first subscription or from the first agent that runs a task of it. */
export interface Framework {
  id: FrameworkId;
  info: FrameworkInfo;
  /** RECOVERED: known from agents, not subscribed since the master started. */
  connection: "RECOVERED" | "CONNECTED" | "DISCONNECTED";
  active: boolean;
  streamId: string | undefined;
  tasks: Map<TaskId, Task>;
  unreachableTasks: BoundedMap<TaskId, Task>;
  offers: Map<OfferId, Offer>;
}

/** A framework of which only the info is known. */
export function newFramework(info: FrameworkInfo): Framework {
  return {
    id: info.id?.value ?? "",
    info,
    connection: "RECOVERED",
    active: false,
    streamId: undefined,
    tasks: new Map(),
    unreachableTasks: new BoundedMap(MAX_TASKS_REMEMBERED),
    offers: new Map(),
  };
}

export interface Agent {
  id: AgentId;
  info: AgentInfo;
  address: AgentAddress;
  /** The link to it; undefined while it is disconnected. */
  linkId: string | undefined;
  tasks: Map<FrameworkId, Map<TaskId, Task>>;
  executors: Map<FrameworkId, Map<ExecutorId, ExecutorInfo>>;
  /** Tasks with a KILL that the agent may not have received, by framework. */
  killedTasks: Map<FrameworkId, Set<TaskId>>;
  offers: Map<OfferId, Offer>;
  pinged: boolean;
  missedPings: number;
}

export function newAgent(
  info: AgentInfo,
  { address, linkId }: { address: AgentAddress; linkId: string },
): Agent {
  return {
    id: info.id?.value ?? "",
    info,
    address,
    linkId,
    tasks: new Map(),
    executors: new Map(),
    killedTasks: new Map(),
    offers: new Map(),
    pinged: false,
    missedPings: 0,
  };
}

/** The resources that a framework's tasks and executors use of an agent. */
export function usedBy(agent: Agent, frameworkId: FrameworkId): Resources {
  const tasks = [...agent.tasks.get(frameworkId)?.values() ?? []];
  const live = tasks.filter(({ state }) => !isTerminal(state) && state !== "TASK_UNREACHABLE");
  const executors = [...agent.executors.get(frameworkId)?.values() ?? []];
  return totalOf([...live, ...executors]);
}

export function frameworksOn(agent: Agent): Set<FrameworkId> {
  return new Set([...agent.tasks.keys(), ...agent.executors.keys()]);
}

/** The inner map of a key, created when missing. */
export function inner<Outer, K, V>(maps: Map<Outer, Map<K, V>>, key: Outer): Map<K, V> {
  const map = maps.get(key) ?? new Map<K, V>();
  maps.set(key, map);
  return map;
}
