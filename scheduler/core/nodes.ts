/**
 * What is known of the nodes, from offers and from what executors say. Pure.
 *
 * @module
 */

import type { NodeInfoMessage } from "../../job/node_info.ts";
import type { AgentId, ExecutorId } from "../../mesos/ids.ts";
import type { Attribute, Offer } from "../../mesos/wire/messages.ts";
import { NO_REST } from "./agent_rest.ts";
import { capacityForJobs } from "./executor_share.ts";
import { makeRoomForAgents } from "./forgotten_agents.ts";
import type { Frame } from "./frame.ts";
import type { AgentRecord, NodeLoadRecord } from "./records.ts";
import { add, fits, greatest, NOTHING, type Quantities } from "./quantities.ts";
import type { SchedulerSettings } from "./settings.ts";
import { forgetSigns } from "./signs_of_life.ts";
import type { SchedulerState } from "./scheduler_state.ts";

/** A larger capacity than the present offers show is believed for this long. */
const CAPACITY_MEMORY_MS = 5 * 60_000;

/** How Toil's autoscaler sees a node. @see toil.batchSystems.abstractBatchSystem.NodeInfo */
export interface NodeInfo {
  /** Share of all cores in use, 0 to 1. */
  coresUsed: number;
  /** Share of all memory in use, 0 to 1. */
  memoryUsed: number;
  /** Cores of the node. */
  coresTotal: number;
  /** Bytes of memory of the node. */
  memoryTotal: number;
  /** Cores that our jobs there asked for. */
  requestedCores: number;
  /** Bytes of memory that our jobs there asked for. */
  requestedMemory: number;
  /** Our jobs there. */
  workers: number;
}

/** Whether an agent's attributes say that it can be taken away: `preemptible`, in any spelling. */
export function isPreemptible(attributes: readonly Attribute[] | undefined): boolean {
  const attribute = attributes?.find(({ name }) => name.toLowerCase() === "preemptible");
  if (attribute?.scalar) return attribute.scalar.value !== 0;
  return /^(true|yes|on|1)$/i.test(attribute?.text?.value.trim() ?? "");
}

/** Learns from an offer. */
export function seeOffer(frame: Frame, offer: Offer, available: Quantities): AgentRecord {
  const { state, nowMs, events } = frame;
  const agentId = offer.agent_id.value;
  const address = offer.url?.address.ip ?? offer.url?.address.hostname ?? offer.hostname;
  const held = add(available, state.usedOn(agentId));
  const known = state.agents.get(agentId);
  const agent: AgentRecord = known ?? {
    agentId,
    address,
    hostname: offer.hostname,
    preemptible: false,
    capacity: held,
    capacitySeenMs: nowMs,
    lastSeenMs: nowMs,
    lastOfferMs: nowMs,
    rest: NO_REST,
  };
  agent.address = address;
  agent.hostname = offer.hostname;
  agent.url = urlOf(offer);
  agent.preemptible = isPreemptible(offer.attributes);
  agent.lastSeenMs = nowMs;
  agent.lastOfferMs = nowMs;
  if (fits(agent.capacity, held) || nowMs - agent.capacitySeenMs > CAPACITY_MEMORY_MS) {
    agent.capacity = held;
    agent.capacitySeenMs = nowMs;
  } else {
    agent.capacity = greatest(agent.capacity, held);
  }
  if (!known) {
    makeRoomForAgents(frame);
    state.agents.set(agentId, agent);
    events.push({ type: "NODE_SEEN", node: address, agentId });
  }
  return agent;
}

/** Where the agent serves its files. */
function urlOf({ url, hostname }: Offer): string | undefined {
  if (!url) return undefined;
  const { ip, hostname: name, port } = url.address;
  const host = ip ?? name ?? hostname;
  return `${url.scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Learns from what an executor says of its node. */
export function seeNodeInfo(frame: Frame, agentId: AgentId, message: NodeInfoMessage): void {
  const agent = frame.state.agents.get(agentId);
  if (!agent) return;
  agent.lastSeenMs = frame.nowMs;
  agent.load = message.nodeInfo;
}

/** An agent is lost. Its tasks are reported one by one. */
export function loseAgent(frame: Frame, agentId: AgentId): void {
  const { state, events } = frame;
  state.deleteExecutors(agentId, () => true);
  forgetSigns(frame, agentId);
  for (const { taskId } of state.tasksByAgent.get(agentId) ?? []) {
    state.reconciliation.add(taskId);
  }
  const agent = state.agents.get(agentId);
  if (!agent) return;
  state.agents.delete(agentId);
  events.push({ type: "NODE_LOST", node: agent.address, agentId });
}

/** An executor has ended. Its tasks are reported one by one. */
export function loseExecutor(
  frame: Frame,
  { agentId, executorId, status }: { agentId: AgentId; executorId: ExecutorId; status: number },
): void {
  const { state } = frame;
  forgetSigns(frame, agentId, executorId);
  const agent = state.agents.get(agentId);
  // Of an agent that nothing of ours was on, there is nothing to say.
  if (!agent && !state.executors.has(agentId) && !state.tasksByAgent.has(agentId)) return;
  if (agent) {
    agent.executorExit = status;
    agent.load = undefined;
  }
  const node = agent?.address ?? agentId;
  const agentUrl = agent?.url;
  frame.events.push({ type: "EXECUTOR_ENDED", node, agentId, agentUrl, executorId, status });
  state.deleteExecutors(agentId, (executor) => executor.executorId === executorId);
}

/** Stops giving jobs to a node. */
export function ignoreNode({ state }: Frame, node: string): void {
  if (state.framework.ignoredNodes.includes(node)) return;
  state.framework.ignoredNodes.push(node);
  state.frameworkChanged();
}

/** Gives jobs to a node again, after a rest. */
export function unignoreNode({ state, nowMs }: Frame, node: string, restMs = 0): void {
  const { ignoredNodes } = state.framework;
  if (!ignoredNodes.includes(node)) return;
  for (const agent of state.agents.values()) {
    if (restMs === 0 || (agent.address !== node && agent.hostname !== node)) continue;
    agent.rest = { ...agent.rest, sinceMs: nowMs, ms: restMs };
  }
  state.framework.ignoredNodes = ignoredNodes.filter((ignored) => ignored !== node);
  state.frameworkChanged();
  state.demand.requestRevive();
}

/** Whether no jobs are to be sent to a node. */
export function isIgnored(
  { framework: { ignoredNodes } }: SchedulerState,
  { address, hostname }: AgentRecord,
): boolean {
  return ignoredNodes.includes(address) || ignoredNodes.includes(hostname);
}

/** An agent that jobs may be sent to. */
export interface UsableAgent extends AgentRecord {
  /** What it has in all, the executor's part included. */
  readonly total: Quantities;
}

/** The agents that jobs may be sent to. Their capacity is what one job can have of it, beside the
 * executor. */
export function usableAgents(
  state: SchedulerState,
  { executorQuantities }: Pick<SchedulerSettings, "executorQuantities">,
): UsableAgent[] {
  return [...state.agents.values()].filter((agent) => !isIgnored(state, agent)).map((agent) => ({
    ...agent,
    total: agent.capacity,
    capacity: capacityForJobs(agent.capacity, executorQuantities),
  }));
}

/** Whether any of our jobs is on a node, by address or host name. */
export function nodeInUse(state: SchedulerState, node: string): boolean {
  for (const tasks of state.tasksByAgent.values()) {
    for (const task of tasks) {
      if (task.node === node || state.agents.get(task.agentId)?.hostname === node) return true;
    }
  }
  return false;
}

/** Which nodes to list. */
export interface NodeQuery {
  /** Only those that can be taken away, or only the others. */
  preemptible?: boolean | undefined;
  /** Only those seen within this many milliseconds. */
  seenWithinMs?: number | undefined;
}

/** The nodes, by address. Agents that share an address are one node: an autoscaler can only end them
 * together. */
export function listNodes(
  state: SchedulerState,
  { preemptible, seenWithinMs = Infinity }: NodeQuery,
  nowMs: number,
): Map<string, NodeInfo> {
  const agents = [...state.agents.values()].filter((agent) =>
    (preemptible === undefined || agent.preemptible === preemptible) &&
    nowMs - agent.lastSeenMs <= seenWithinMs
  );
  const byAddress = Map.groupBy(agents, ({ address }) => address);
  return new Map(
    [...byAddress].map(([address, ofNode]) => [address, toNodeInfo(state, ofNode)]),
  );
}

function toNodeInfo(state: SchedulerState, agents: readonly AgentRecord[]): NodeInfo {
  const requested = agents.map(({ agentId }) => state.requestedOn(agentId))
    .reduce(add, NOTHING);
  const capacity = agents.map((agent) => agent.capacity).reduce(add, NOTHING);
  // What an executor says is of the whole machine.
  const loads = agents.flatMap(({ load }) => load ?? []);
  const most = (of: (load: NodeLoadRecord) => number, silent: number) =>
    loads.length === 0 ? silent : Math.max(...loads.map(of));
  return {
    // A node whose executor has not spoken, or that has none, is idle as far as we know: without
    // an answer for it, an autoscaler would keep it for ever.
    coresUsed: most((load) => load.coresUsed, 0),
    memoryUsed: most((load) => load.memoryUsed, 0),
    coresTotal: most((load) => load.coresTotal, capacity.cpusMilli / 1000),
    memoryTotal: most((load) => load.memoryTotal, capacity.memoryBytes),
    requestedCores: requested.cpusMilli / 1000,
    requestedMemory: requested.memoryBytes,
    workers: agents.reduce((n, { agentId }) => n + (state.tasksByAgent.get(agentId)?.size ?? 0), 0),
  };
}
