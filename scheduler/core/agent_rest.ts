/**
 * Agents on which launches fail, and how long they are left alone. Pure.
 *
 * A launch that did not get through is tried again soon. An agent on which executors end before
 * they have begun anything would swallow all jobs, since its resources are free again at once: it
 * rests for longer and longer, but only while other agents work.
 *
 * @module
 */

import type { AgentId } from "../../mesos/ids.ts";
import type { Frame } from "./frame.ts";
import { isIgnored } from "./nodes.ts";
import type { AgentRecord, AgentRest, TaskRecord } from "./records.ts";

/** An agent that a launch did not get through to is left alone for this long at first. */
export const LAUNCH_BACKOFF_MS = 200;

/** The longest time after launches that did not get through, and where no other agent works. */
export const LAUNCH_BACKOFF_MAX_MS = 10_000;

/** An agent whose executor ended before it had begun anything rests for this long at first. */
export const EXECUTOR_BACKOFF_MS = 5_000;

/** The longest time after executors that have begun nothing. */
export const EXECUTOR_BACKOFF_MAX_MS = 30 * 60_000;

const LONGEST_MS = { launch: LAUNCH_BACKOFF_MAX_MS, executor: EXECUTOR_BACKOFF_MAX_MS } as const;

/** Of an agent on which nothing has failed. */
export const NO_REST: AgentRest = {
  sinceMs: -Infinity,
  ms: 0,
  nextMs: { launch: LAUNCH_BACKOFF_MS, executor: EXECUTOR_BACKOFF_MS },
};

/**
 * A task has ended before anything had begun. Tasks that were launched together count as one.
 *
 * @param kind Whether the launch did not get through, or its executor ended.
 */
export function restAgent(
  { state, nowMs }: Frame,
  { agentId, launchedAtMs }: TaskRecord,
  kind: "launch" | "executor",
): void {
  const agent = state.agents.get(agentId);
  if (!agent || launchedAtMs <= agent.rest.sinceMs) return;
  const { nextMs } = agent.rest;
  const doubledMs = Math.min(nextMs[kind] * 2, LONGEST_MS[kind]);
  agent.rest = { sinceMs: nowMs, ms: nextMs[kind], nextMs: { ...nextMs, [kind]: doubledMs } };
}

/** A task has begun: nothing speaks against the agent any more. */
export function trustAgent({ state }: Frame, agentId: AgentId): void {
  const agent = state.agents.get(agentId);
  if (!agent) return;
  agent.rest = NO_REST;
  agent.userRefusal = undefined;
}

/** How agents say that they can't start anything as this user. */
const USER_REFUSED = /Failed to chown directory to '.*/;

/**
 * Why an agent can't start executors as the framework's user; undefined if it can. Of tasks that
 * were launched together only the first is refused with the reason.
 *
 * @param message What the agent says of a task that it has not begun.
 */
export function noteUserRefusal(
  { state }: Frame,
  { agentId, message = "" }: { agentId: AgentId; message?: string | undefined },
): string | undefined {
  const agent = state.agents.get(agentId);
  if (!agent) return undefined;
  return agent.userRefusal = USER_REFUSED.exec(message)?.[0] ?? agent.userRefusal;
}

/** Whether no agent is left that may start executors as the framework's user. */
export function isUserRefusedEverywhere({ state }: Frame): boolean {
  return state.agents.values().every((agent) =>
    agent.userRefusal !== undefined || isIgnored(state, agent)
  );
}

/** For how long nothing is to be launched on an agent. */
export function restLeftMs(frame: Pick<Frame, "state" | "nowMs">, agent: AgentRecord): number {
  const { sinceMs, ms } = agent.rest;
  const leftMs = Math.max(0, sinceMs + ms - frame.nowMs);
  const leftAloneMs = Math.max(0, sinceMs + Math.min(ms, LAUNCH_BACKOFF_MAX_MS) - frame.nowMs);
  return leftMs > leftAloneMs && othersWork(frame, agent) ? leftMs : leftAloneMs;
}

function othersWork({ state, nowMs }: Pick<Frame, "state" | "nowMs">, agent: AgentRecord): boolean {
  return state.agents.values().some((other) =>
    other !== agent && !isIgnored(state, other) && other.rest.sinceMs + other.rest.ms <= nowMs
  );
}
