/**
 * Kills of jobs and tasks, repeated until it is known what became of them. Pure.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import { encodeKillJobs } from "../../job/kill_jobs.ts";
import type { AgentId, TaskId } from "../../mesos/ids.ts";
import { NANOSECONDS_PER_MS } from "../../support/units.ts";
import type { Frame } from "./frame.ts";
import { deliverResults, finishKill } from "./job_lifecycle.ts";
import type { JobRecord, TaskRecord } from "./records.ts";

/** A kill that got no answer is repeated, at first after this long. */
export const KILL_BACKOFF_MS = 1_000;

/** The longest wait before a kill is repeated. */
export const KILL_BACKOFF_MAX_MS = 30_000;

/** Kills jobs, whatever they are doing. Unknown ids are passed over. */
export function killJobs(frame: Frame, jobIDs: readonly JobId[]): void {
  for (const jobID of jobIDs) {
    const job = frame.state.jobs.get(jobID);
    if (job) killJob(frame, job);
  }
  repeatKills(frame);
}

function killJob(frame: Frame, job: JobRecord): void {
  const { state } = frame;
  if (job.result) return dropResult(frame, job);
  const task = state.taskOf(job);
  if (!task) {
    state.queue.delete({ jobID: job.jobID, shape: job.spec.shape });
    state.localQueue.delete(job.jobID);
    return finishKill(frame, job, true);
  }
  if (!job.killRequested) {
    job.killRequested = true;
    state.jobChanged(job);
  }
  if (task.phase === "UNREACHABLE") return finishUnheardKill(frame, job);
  killSoon(frame, task);
}

/** A job that has ended is not reported any more. The history keeps how it ended. */
function dropResult(frame: Frame, { jobID }: JobRecord): void {
  deliverResults(frame, [jobID]);
  frame.events.push({ type: "JOB_KILLED", jobID, confirmed: true });
}

/** A job that was to be killed is done with, although its executor has not heard of it. */
export function finishUnheardKill(frame: Frame, job: JobRecord): void {
  abandon(frame, job);
  finishKill(frame, job, false);
}

/** Takes a job from a task whose executor may run it still: it is killed there. */
export function abandon(frame: Frame, job: JobRecord): void {
  const { state } = frame;
  const task = state.taskOf(job);
  // Without a job it is a task that no one knows, and is killed as such.
  if (!task || task.jobIDs.length === 1 || job.spec.local) return;
  task.abandonedJobIDs = [...task.abandonedJobIDs ?? [], job.jobID];
  state.taskChanged(task);
  killSoon(frame, task);
}

/** The executor says what became of a job that was abandoned. */
export function settleAbandoned({ state }: Frame, task: TaskRecord, jobID: JobId): void {
  if (!task.abandonedJobIDs?.includes(jobID)) return;
  const left = task.abandonedJobIDs.filter((each) => each !== jobID);
  task.abandonedJobIDs = left.length > 0 ? left : undefined;
  state.taskChanged(task);
}

function killSoon({ state, nowMs }: Frame, { taskId }: TaskRecord): void {
  state.kills.set(taskId, { nextMs: nowMs, delayMs: KILL_BACKOFF_MS });
}

/** Says a kill once more: only now can the executor have heard it. */
export function repeatKill(frame: Frame, task: TaskRecord): void {
  if (!frame.state.kills.has(task.taskId)) return;
  killSoon(frame, task);
  repeatKills(frame);
}

/** Ends the tasks on Mesos, not their jobs: those wait for the next process. */
export function killTasks(frame: Frame): void {
  frame.state.endsTasks = true;
  for (const task of tasksToKill(frame.state)) killSoon(frame, task);
  repeatKills(frame);
}

/** The tasks on Mesos that can be killed; an agent that is unreachable hears no kill. */
export function tasksToKill(state: Frame["state"]): TaskRecord[] {
  return [...state.tasks.values()].filter((task) =>
    !state.isLocal(task) && task.phase !== "UNREACHABLE"
  );
}

/** Says all unconfirmed kills again whose time has come. */
export function repeatKills(frame: Frame): void {
  const { state, nowMs, localActions } = frame;
  for (const [taskId, kill] of state.kills) {
    const task = state.tasks.get(taskId);
    if (!task) state.kills.delete(taskId);
    else if (state.isLocal(task)) {
      state.kills.delete(taskId);
      for (const jobID of task.jobIDs) localActions.push({ type: "KILL", jobID });
    } else if (state.connected && nowMs >= kill.nextMs && task.phase !== "UNREACHABLE") {
      if (!sayKill(frame, task)) state.kills.delete(taskId);
      kill.nextMs = nowMs + kill.delayMs;
      kill.delayMs = Math.min(Math.max(kill.delayMs, KILL_BACKOFF_MS) * 2, KILL_BACKOFF_MAX_MS);
    }
  }
}

/** Kills a task, or only some of its jobs; false when nothing of it is to be killed. */
function sayKill(frame: Frame, task: TaskRecord): boolean {
  const { state, calls, settings: { killGraceMs } } = frame;
  const { taskId, jobIDs, abandonedJobIDs = [], agentId, executorId } = task;
  const doomed = jobIDs.filter((jobID) => state.endsTasks || state.job(jobID).killRequested);
  if (doomed.length === jobIDs.length) {
    callKill(frame, task);
    return true;
  }
  const killed = [...doomed, ...abandonedJobIDs];
  if (killed.length === 0 || executorId === undefined) return false;
  const message = encodeKillJobs({ taskId, jobIDs: killed, graceMs: killGraceMs });
  calls.push({
    type: "MESSAGE",
    message: { agent_id: { value: agentId }, executor_id: { value: executorId }, data: message },
  });
  return true;
}

/** Asks Mesos to end a task, of ours or unknown. */
export function callKill(
  { calls, settings }: Frame,
  { taskId, agentId }: { taskId: TaskId; agentId: AgentId | undefined },
  { isAside = false }: { isAside?: boolean } = {},
): void {
  calls.push({
    type: "KILL",
    ...(isAside ? { isAside } : {}),
    kill: {
      task_id: { value: taskId },
      ...(agentId ? { agent_id: { value: agentId } } : {}),
      kill_policy: { grace_period: { nanoseconds: settings.killGraceMs * NANOSECONDS_PER_MS } },
    },
  });
}
