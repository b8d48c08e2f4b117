/**
 * A state that was restored from a backup, or has lost what was written last: Mesos may run tasks
 * that it does not know. They are adopted, each by the job that its id names, and nothing is
 * launched before Mesos has said what there is. What can't be known is not guessed: a task that the
 * state knows and Mesos does not is LOST, for it may have run since. Pure.
 *
 * @module
 */

import type { TaskStatus } from "../../mesos/wire/messages.ts";
import type { Frame } from "./frame.ts";
import { countEnd } from "./job_lifecycle.ts";
import type { BatchJobResult, JobRecord } from "./records.ts";
import { attemptOf, jobIDOf } from "./task_ids.ts";

/** How long to wait for the answer to a question, before it is asked once more. */
export const ADOPTION_ANSWER_MS = 5_000;

/** How long to wait for agents that have not registered with the master again. */
export const ADOPTION_LIMIT_MS = 15 * 60_000;

/** No task is called like this: the answer says that the questions before it are answered. */
const LAST_QUESTION = "0-0-restored-state";

/** The wait for what Mesos says about all its tasks. */
export interface Adoption {
  /** When to ask, or ask once more. */
  askMs: number;
  /** When not to wait any longer. */
  readonly limitMs: number;
}

/** Notes at the start that the state is a restored one. */
export function takeOverRestored(frame: Frame): void {
  const { state, settings, events } = frame;
  if (settings.isRestored && !state.framework.isRestored) {
    state.framework.isRestored = true;
    state.frameworkChanged();
    const jobs = [...state.jobs.values()].filter(({ result }) => !result);
    for (const job of jobs) {
      // Its end may have been acknowledged and forgotten.
      if (job.task && !job.spec.local) job.task.seen = true;
      state.jobChanged(job);
    }
    const running = jobs.filter(({ task }) => task).length;
    events.push({ type: "RESTORED", running, waiting: jobs.length - running });
  }
  waitForMesos(frame);
}

/** Launches nothing before Mesos has told of its tasks: jobs that are new here may run there. */
export function waitForMesos({ state, nowMs }: Frame): void {
  if (!state.framework.isRestored || state.framework.frameworkId === undefined) return;
  state.adoption = { askMs: nowMs, limitMs: nowMs + ADOPTION_LIMIT_MS };
}

/** Asks Mesos about all tasks, if that is due. */
export function askForTasks({ state, nowMs, calls }: Frame): void {
  const { adoption } = state;
  if (!adoption || !state.connected || nowMs < adoption.askMs) return;
  if (nowMs >= adoption.limitMs) return endAdoption(state);
  adoption.askMs = nowMs + ADOPTION_ANSWER_MS;
  // Answered in order; and the second not at all while any agent is still to register again.
  calls.push({ type: "RECONCILE", reconcile: { tasks: [] } });
  calls.push({ type: "RECONCILE", reconcile: { tasks: [{ task_id: { value: LAST_QUESTION } }] } });
}

function endAdoption(state: Frame["state"]): void {
  state.adoption = undefined;
  state.demand.requestRevive();
}

/**
 * Takes a task for what it is, where the state is a restored one.
 *
 * @returns Whether that is all: the status is not to be handled, nor acknowledged.
 */
export function adopt(frame: Frame, status: TaskStatus): boolean {
  const { state } = frame;
  const taskId = status.task_id.value;
  if (!state.framework.isRestored) return false;
  if (taskId === LAST_QUESTION) {
    endAdoption(state);
    return true;
  }
  const jobID = jobIDOf(taskId);
  const job = state.jobs.get(jobID);
  // It will be issued once more: until then the task is left alone, and its reports come again.
  if (!job) return jobID >= state.framework.nextJobID;
  const attempt = attemptOf(taskId, job);
  const hasEnded = job.pastTasks?.some((past) => past.taskId === taskId) ?? false;
  const isNews = attempt !== undefined && job.task?.taskId !== taskId && !job.result && !hasEnded;
  if (!isNews || job.spec.local || (job.task && attempt <= job.attempt) || !exists(status)) {
    return false;
  }
  giveTask(frame, job, { status, attempt });
  return false;
}

/** Whether a status is of a task that is there, or was until now. */
function exists({ uuid, state }: TaskStatus): boolean {
  return uuid !== undefined || (state !== undefined && !NOT_THERE.includes(state));
}

const NOT_THERE = [
  "TASK_UNKNOWN",
  "TASK_GONE",
  "TASK_GONE_BY_OPERATOR",
  "TASK_DROPPED",
  "TASK_ERROR",
];

function giveTask(
  { state, nowMs, events }: Frame,
  job: JobRecord,
  { status, attempt }: { status: TaskStatus; attempt: number },
): void {
  const agentId = status.agent_id?.value ?? "";
  const node = state.agents.get(agentId)?.address ?? "";
  const { jobID, spec: { shape } } = job;
  const taskId = status.task_id.value;
  state.queue.delete({ jobID, shape });
  state.clearTask(job);
  job.attempt = Math.max(job.attempt, attempt);
  state.setTask(job, {
    taskId,
    agentId,
    node,
    phase: "LAUNCHING",
    launchedAtMs: nowMs,
    executorId: status.executor_id?.value,
    seen: true,
  });
  events.push({ type: "JOB_ADOPTED", jobID, taskId, node });
}

/** Results that were reported before the state was restored: their jobs are done with. */
export function noteReported(frame: Frame, results: readonly BatchJobResult[]): void {
  for (const result of results) {
    const job = frame.state.jobs.get(result.jobID);
    if (job) endReported(frame, job, result);
    else if (result.jobID >= frame.state.framework.nextJobID) {
      frame.state.reportedAhead.set(result.jobID, result);
    }
  }
}

/** Ends a job that was reported already. */
export function endReported(frame: Frame, job: JobRecord, result: BatchJobResult): void {
  const { state } = frame;
  state.reportedAhead.delete(job.jobID);
  state.queue.delete({ jobID: job.jobID, shape: job.spec.shape });
  state.localQueue.delete(job.jobID);
  state.endJob(job, result);
  countEnd(frame, job, result.exitReason);
}
