/**
 * When each executor was last heard. Mesos sees whether an agent answers, but not whether an
 * executor on it does: one that is stopped holds its jobs for ever. Pure.
 *
 * @module
 */

import type { AgentId, ExecutorId } from "../../mesos/ids.ts";
import type { Frame } from "./frame.ts";

/** An executor that is not heard for this long is silent: it should have spoken four times. */
export const SILENCE_MS = 120_000;

/** Which executor. */
export interface ExecutorKey {
  /** Where it runs. */
  readonly agentId: AgentId;
  /** Its id. */
  readonly executorId: ExecutorId;
}

/** When an executor was heard. */
export interface Sign extends ExecutorKey {
  /** The last time, in milliseconds. */
  lastMs: number;
  /** Since when it counts as silent. */
  silentSinceMs?: number | undefined;
}

/** When each executor was heard, by agent: an agent has few, while there may be thousands of agents. */
export type Signs = Map<AgentId, Map<ExecutorId, Sign>>;

/** The signs of all executors. */
export function* allSigns(signs: Signs): Generator<Sign, void, void> {
  for (const ofAgent of signs.values()) yield* ofAgent.values();
}

function setSign({ state, nowMs }: Frame, { agentId, executorId }: ExecutorKey): void {
  const ofAgent = state.signs.get(agentId) ?? new Map<ExecutorId, Sign>();
  state.signs.set(agentId, ofAgent.set(executorId, { agentId, executorId, lastMs: nowMs }));
}

/** An executor was heard. */
export function hearExecutor(frame: Frame, { agentId, executorId }: ExecutorKey): void {
  const { state } = frame;
  if (state.signs.get(agentId)?.get(executorId)?.silentSinceMs !== undefined) {
    frame.events.push({ type: "EXECUTOR_HEARD", executorId, ...nodeOf(frame, agentId) });
    state.demand.requestRevive();
  }
  setSign(frame, { agentId, executorId });
}

/** An executor has sent a message. One that is not ours says nothing of what we run: a sign of it
 * would be kept, and missed, for ever. */
export function hearMessage(frame: Frame, { agentId, executorId }: ExecutorKey): void {
  const { executors, tasksByAgent } = frame.state;
  const isIt = (each: { readonly executorId?: string | undefined }) =>
    each.executorId === executorId;
  const isOurs = executors.get(agentId)?.values().some(isIt) ||
    tasksByAgent.get(agentId)?.values().some(isIt);
  if (isOurs) hearExecutor(frame, { agentId, executorId });
}

/** An executor has ended, or its agent was removed: nothing is expected any more. */
export function forgetSigns({ state }: Frame, agentId: AgentId, executorId?: ExecutorId): void {
  const kept = [...state.signs.get(agentId)?.keys() ?? []].filter((each) =>
    executorId !== undefined && each !== executorId
  );
  keepSigns({ state }, agentId, kept);
}

/** These executors run on an agent: the end of others was not heard of. */
export function keepSigns(
  { state: { signs } }: Pick<Frame, "state">,
  agentId: AgentId,
  executorIds: readonly ExecutorId[],
): void {
  const ofAgent = signs.get(agentId);
  for (const executorId of ofAgent?.keys() ?? []) {
    if (!executorIds.includes(executorId)) ofAgent?.delete(executorId);
  }
  if (ofAgent?.size === 0) signs.delete(agentId);
}

/** A new subscription: what executors said before it may not have arrived. */
export function restartSigns(frame: Frame): void {
  const { state, nowMs } = frame;
  for (const { seen, agentId, executorId } of state.tasks.values()) {
    if (seen && executorId !== undefined) setSign(frame, { agentId, executorId });
  }
  for (const sign of allSigns(state.signs)) {
    sign.lastMs = nowMs;
    sign.silentSinceMs = undefined;
  }
}

/** The agents on which any executor of ours is silent: another job there would wait, too. */
export function silentAgents({ signs }: Frame["state"]): ReadonlySet<AgentId> {
  const silent = allSigns(signs).filter(({ silentSinceMs }) => silentSinceMs !== undefined);
  return new Set(silent.map(({ agentId }) => agentId));
}

/** Reports executors that have fallen silent; gives those that have been so for too long. */
export function overdueExecutors(frame: Frame): ExecutorKey[] {
  const { state, settings, nowMs, events } = frame;
  const overdue: ExecutorKey[] = [];
  for (const sign of allSigns(state.signs)) {
    const { agentId, executorId, lastMs, silentSinceMs } = sign;
    if (silentSinceMs === undefined) {
      if (nowMs - lastMs < SILENCE_MS) continue;
      sign.silentSinceMs = nowMs;
      events.push({ type: "EXECUTOR_SILENT", executorId, ...nodeOf(frame, agentId) });
    } else if (nowMs - silentSinceMs >= settings.unreachableTimeoutMs) {
      // Should this not be heard either, it is said again as long after.
      sign.silentSinceMs = nowMs;
      overdue.push({ agentId, executorId });
    }
  }
  return overdue;
}

function nodeOf({ state }: Frame, agentId: AgentId): { agentId: AgentId; node: string } {
  const [task] = state.tasksByAgent.get(agentId) ?? [];
  return { agentId, node: state.agents.get(agentId)?.address ?? task?.node ?? agentId };
}
