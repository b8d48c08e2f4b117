/**
 * Agents that are forgotten: Mesos does not report the end of an agent to a framework that is not
 * connected then, and a cluster that grows and shrinks has new ones all the time. Pure.
 *
 * @module
 */

import type { Frame } from "./frame.ts";
import type { AgentRecord } from "./records.ts";

/** The agents that are known at the most, unless more have jobs. */
export const MAX_KNOWN_AGENTS = 50_000;

/** What is left of them, so that the next ones have room. */
const KEPT_AGENTS = 45_000;

/** An agent without jobs is forgotten when neither it nor its executor was seen for so long. */
export const UNSEEN_AGENT_MS: number = 24 * 3_600_000;

/** Forgets agents that have not been seen for long; should one come back, it is a new one. */
export function forgetUnseenAgents({ state, nowMs }: Frame): void {
  for (const agent of withoutJobs(state)) {
    if (nowMs - agent.lastSeenMs >= UNSEEN_AGENT_MS) state.agents.delete(agent.agentId);
  }
}

/** Forgets those that were not seen for longest, once there are too many. */
export function makeRoomForAgents({ state }: Frame): void {
  if (state.agents.size < MAX_KNOWN_AGENTS) return;
  const oldest = withoutJobs(state).sort((a, b) => a.lastSeenMs - b.lastSeenMs);
  const surplus = state.agents.size - KEPT_AGENTS;
  for (const { agentId } of oldest.slice(0, surplus)) state.agents.delete(agentId);
}

function withoutJobs({ agents, tasksByAgent }: Frame["state"]): AgentRecord[] {
  return [...agents.values()].filter(({ agentId }) => !tasksByAgent.has(agentId));
}
