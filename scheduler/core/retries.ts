/**
 * Which jobs are run again by themselves, and where. Pure.
 *
 * @module
 */

import type { BatchJobExitReason } from "../../job/exit_reason.ts";
import type { AgentId } from "../../mesos/ids.ts";
import { restLeftMs } from "./agent_rest.ts";
import type { Frame } from "./frame.ts";
import type { JobEnd } from "./job_lifecycle.ts";
import { usableAgents } from "./nodes.ts";
import { mayRun } from "./offer_matcher.ts";
import { fits } from "./quantities.ts";
import type { JobRecord } from "./records.ts";
import { silentAgents } from "./signs_of_life.ts";

/** For how long a job that is run again keeps away from the nodes where it failed, while there is
 * another that could hold it. */
export const AVOID_NODE_MS = 30_000;

/** Ends after which no attempt would do better: success, a job that can't be run as it is described,
 * and one that has used up its time. */
const FINAL: readonly BatchJobExitReason[] = ["FINISHED", "ERROR", "MAXJOBDURATION"];

/** Whether a job is run again after this end of an attempt. */
export function isRetried({ spec, retried = 0 }: JobRecord, { exitReason }: JobEnd): boolean {
  return retried < (spec.retries ?? 0) && !FINAL.includes(exitReason);
}

/** Whether the node is to blame for an end: the command has not ended by itself. */
export function isFaultOfNode({ exitReason, exitStatus }: JobEnd): boolean {
  return exitReason === "LOST" || exitStatus === undefined;
}

/** Whether a waiting job should rather run on another agent than on this one. */
export function isAvoiding(frame: Frame, job: JobRecord, agentId: AgentId): boolean {
  if (!job.retried) return false;
  const failed = (job.pastTasks ?? []).filter(({ exitReason }) => exitReason !== undefined);
  const sinceMs = failed.at(-1)?.endedAtMs ?? -Infinity;
  if (frame.nowMs - sinceMs >= AVOID_NODE_MS) return false;
  const avoided = new Set(failed.map((task) => task.agentId));
  return avoided.has(agentId) && hasPlaceElsewhere(frame, job, avoided);
}

function hasPlaceElsewhere(
  frame: Frame,
  { spec: { shape } }: JobRecord,
  avoided: ReadonlySet<AgentId>,
): boolean {
  const silent = silentAgents(frame.state);
  return usableAgents(frame.state, frame.settings).some((agent) =>
    !avoided.has(agent.agentId) && mayRun(shape, agent) &&
    fits(shape, agent.capacity) && restLeftMs(frame, agent) <= 0 &&
    !silent.has(agent.agentId)
  );
}
