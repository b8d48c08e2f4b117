/**
 * The executors of an agent: which one a task is launched on, and which are of no use any more.
 * Pure.
 *
 * @module
 */

import type { AgentId, ExecutorId } from "../../mesos/ids.ts";
import type {
  AgentID,
  ExecutorID,
  ExecutorInfo,
  MesosResource,
  Offer,
} from "../../mesos/wire/messages.ts";
import { NANOSECONDS_PER_MS } from "../../support/units.ts";
import type { Frame } from "./frame.ts";
import { MIN_CPUS_MILLI } from "./executor_share.ts";
import { OfferedResources, totalOf } from "./offered_resources.ts";
import { fits, NOTHING, type Quantities } from "./quantities.ts";
import type { ExecutorRecord } from "./records.ts";
import type { SchedulerState } from "./scheduler_state.ts";

/** How the ids of our executors begin. */
export const EXECUTOR_ID_PREFIX = "toil-mesos-";

/** How many executors of earlier options are remembered. */
const MAX_RETIRED_EXECUTORS = 1_000;

/** Where an executor is, or is to be. */
interface ExecutorPlace {
  readonly agentId: AgentId;
  readonly role: string;
  /** What is set aside for it where it is not there yet. */
  readonly executorNeeds: Quantities;
}

/**
 * Whether our executor runs there. One that was forgotten, as when its agent was away, is
 * recognised by its id, which is made of the resources that this offer would give for it.
 */
export function findExecutor({ state, settings }: Frame, offer: Offer, role: string): boolean {
  const ids = (offer.executor_ids ?? []).map(({ value }) => value);
  if (ids.length === 0) return false;
  const agentId = offer.agent_id.value;
  const known = state.executors.get(agentId)?.get(role);
  const executor = known ?? offeredExecutor(settings, offer, role);
  if (!executor) return false;
  if (ids.some((id) => id !== executor.executorId)) retireUnknown(state, ids, executor);
  if (!ids.includes(executor.executorId)) return false;
  if (!known) useExecutor(state, executor);
  return true;
}

/** The executor that an offer would give; undefined where there is not enough for it. */
function offeredExecutor(
  settings: Frame["settings"],
  offer: Offer,
  role: string,
): ExecutorRecord | undefined {
  const offered = new OfferedResources(offer.resources ?? []);
  if (!fits(settings.executorQuantities, offered.available())) return undefined;
  const resources = offered.take(settings.executorQuantities);
  return executorOf(settings, { agentId: offer.agent_id.value, role }, resources);
}

/** The executor that is made of these resources with today's options. */
function executorOf(
  { executorIdFor, executorCommand }: Frame["settings"],
  { agentId, role }: Pick<ExecutorRecord, "agentId" | "role">,
  resources: readonly MesosResource[],
): ExecutorRecord {
  return { agentId, role, executorId: executorIdFor(executorCommand, resources), resources };
}

/** Retires those of these executors that are ours, are not the present one of their agent, and are not
 * known: they are of a state that was lost, or of an earlier process of the same framework. */
function retireUnknown(
  state: SchedulerState,
  ids: readonly ExecutorId[],
  { agentId, executorId }: ExecutorRecord,
): void {
  const { retiredExecutorIds = [] } = state.framework;
  const known = [...state.executors.get(agentId)?.values() ?? []].map((each) => each.executorId);
  const isKnown = (id: ExecutorId) =>
    id === executorId || known.includes(id) || retiredExecutorIds.includes(id);
  const unknown = ids.filter((id) => id.startsWith(EXECUTOR_ID_PREFIX) && !isKnown(id));
  if (unknown.length > 0) retire(state, [...retiredExecutorIds, ...unknown]);
}

/** After a restart: retires the executors that were made of something else. */
export function retireExecutors({ state, settings }: Frame): void {
  const retired = new Set(state.framework.retiredExecutorIds);
  const isOutdated = ({ executorId, resources }: ExecutorRecord) =>
    executorId !== settings.executorIdFor(settings.executorCommand, resources) ||
    // Earlier versions had executors without cpus, whose containers Mesos may destroy.
    totalOf(resources).cpusMilli < MIN_CPUS_MILLI;
  for (const [agentId, executors] of [...state.executors]) {
    for (const executor of executors.values()) {
      if (isOutdated(executor)) retired.add(executor.executorId);
      else retired.delete(executor.executorId);
    }
    state.deleteExecutors(agentId, isOutdated);
  }
  retire(state, [...retired]);
}

/** No job is given to these executors any more, unless the options that made them are back. */
function retire(state: SchedulerState, ids: readonly ExecutorId[]): void {
  state.framework.retiredExecutorIds = ids.slice(-MAX_RETIRED_EXECUTORS);
  state.frameworkChanged();
}

/** The executor that is there, or may be, since tasks of ours are. */
export function executorInUse(
  { executors, tasksByAgent }: SchedulerState,
  { agentId, role, executorNeeds }: ExecutorPlace,
): ExecutorRecord | undefined {
  const mayBeThere = executorNeeds === NOTHING || tasksByAgent.has(agentId);
  return mayBeThere ? executors.get(agentId)?.get(role) : undefined;
}

/**
 * The executor of an agent. While one may be there, tasks must name it exactly as it was launched;
 * otherwise it is made of what this offer gave for it.
 */
export function executorFor(
  { state, settings }: Frame,
  place: ExecutorPlace,
  taken: readonly MesosResource[],
): ExecutorInfo {
  const known = executorInUse(state, place);
  const executor = known ?? executorOf(settings, place, taken);
  if (!known) useExecutor(state, executor);
  return {
    type: "CUSTOM",
    executor_id: { value: executor.executorId },
    name: "toil-mesos executor",
    command: settings.executorCommand,
    resources: [...executor.resources],
    shutdown_grace_period: {
      nanoseconds: settings.executorShutdownGraceMs * NANOSECONDS_PER_MS,
    },
  };
}

/** Remembers an executor. With the options that it was made with, a retired one is of use again. */
function useExecutor(state: SchedulerState, executor: ExecutorRecord): void {
  state.setExecutor(executor);
  const { executorId } = executor;
  const { retiredExecutorIds = [] } = state.framework;
  if (!retiredExecutorIds.includes(executorId)) return;
  retire(state, retiredExecutorIds.filter((id) => id !== executorId));
}

/** Executors of an agent. */
interface AgentExecutors {
  readonly agent_id: AgentID;
  readonly executor_ids: readonly ExecutorID[];
  /** Whether the agent is being drained: until its last executor has ended it refuses tasks, also
   * when it is reactivated meanwhile. */
  readonly isDrained?: boolean;
}

/** Ends those of these executors that have no task any more and are retired, since they would hold
 * their resources until the framework is removed, or whose agent is being drained. */
export function shutDownUnused(
  { state, calls }: Frame,
  { agent_id, executor_ids, isDrained = false }: AgentExecutors,
): void {
  const { retiredExecutorIds = [], isRestored = false } = state.framework;
  const retired = executor_ids.filter(({ value }) =>
    isDrained || retiredExecutorIds.includes(value)
  );
  if (retired.length === 0) return;
  // It is not known yet what runs in them, or of which job that is.
  if (state.adoption || (isRestored && state.reissues)) return;
  const tasks = state.tasksByAgent.get(agent_id.value) ?? [];
  const used = new Set([...tasks].map(({ executorId }) => executorId));
  // A task whose agent is unknown may be in any of them.
  if (used.has(undefined)) return;
  for (const executor_id of retired) {
    if (used.has(executor_id.value)) continue;
    calls.push({ type: "SHUTDOWN", shutdown: { executor_id, agent_id } });
  }
}
