/**
 * A state that was restored from a backup, or has lost what was written last: Mesos may run tasks
 * that it does not know. They are adopted, each by the job that its id names, and nothing is
 * launched before Mesos has said what there is. What can't be known is not guessed: a task that the
 * state knows and Mesos does not is LOST, for it may have run since. Pure.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { TaskId } from "../../mesos/ids.ts";
import type { TaskStatus } from "../../mesos/wire/messages.ts";
import type { Frame } from "./frame.ts";
import type { Input } from "./inputs.ts";
import { countEnd } from "./job_lifecycle.ts";
import type { BatchJobResult, JobRecord, TaskRecord } from "./records.ts";
import { abandon, callKill } from "./kills.ts";
import { attemptIdIn, attemptsOf, type NamedAttempt } from "./task_ids.ts";

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

/**
 * Records that the state is a restored one, before anything else: a process that dies after its
 * first commit must not have the next one believe that nothing is missing.
 */
export function noteRestored({ state, settings, events }: Frame): void {
  if (!settings.isRestored || state.framework.isRestored) return;
  state.framework.isRestored = true;
  state.frameworkChanged();
  const jobs = [...state.jobs.values()].filter(({ result }) => !result);
  for (const task of state.tasks.values()) {
    // Its end may have been acknowledged and forgotten.
    if (!state.isLocal(task)) task.seen = true;
    state.taskChanged(task);
  }
  const running = jobs.filter(({ taskId }) => taskId !== undefined).length;
  const namesFramework = state.framework.frameworkId !== undefined;
  events.push({ type: "RESTORED", running, waiting: jobs.length - running, namesFramework });
}

/** Launches nothing before Mesos has reported its tasks. */
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
  const attempts = attemptsOf(taskId);
  const found = exists(status) ? attempts.filter((each) => isNews(frame, taskId, each)) : [];
  if (found.length > 0) giveTask(frame, found, status);
  const ahead = attempts.filter(({ jobID }) => jobID >= state.framework.nextJobID);
  // Jobs of it will be issued once more: until then it is left alone, and its reports come again.
  if (state.reissues) return ahead.length > 0;
  for (const { jobID } of ahead) forget(frame, jobID, status);
  return false;
}

/** No job has this id any more, and none gets it: its clients hold it. */
function forget(frame: Frame, jobID: JobId, status: TaskStatus): void {
  const { state, events } = frame;
  spendID(frame, jobID);
  const agentId = status.agent_id?.value ?? "";
  // Agents are known by their first offer.
  const node = state.agents.get(agentId)?.address ?? `agent ${agentId}`;
  const taskId = status.task_id.value;
  events.push({ type: "JOB_FORGOTTEN", jobID, taskId, node, state: status.state ?? "" });
}

function spendID({ state }: Frame, jobID: JobId): void {
  state.framework.nextJobID = Math.max(state.framework.nextJobID, jobID + 1);
  state.frameworkChanged();
}

/** Whether an attempt at a job is later than what the state knows of it. */
function isNews(
  { state }: Frame,
  taskId: TaskId,
  { jobID, attempt, isOf }: NamedAttempt,
): boolean {
  const job = state.jobs.get(jobID);
  if (!job || job.taskId === taskId || job.result || job.spec.local || !isOf(job.spec)) {
    return false;
  }
  const attemptId = attemptIdIn(taskId, { ...job, attempt });
  const hasEnded = job.pastTasks?.some((past) => past.taskId === attemptId) ?? false;
  return !hasEnded && (job.taskId === undefined || attempt > job.attempt);
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

function giveTask(frame: Frame, found: readonly NamedAttempt[], status: TaskStatus): void {
  const { state, nowMs, events } = frame;
  const agentId = status.agent_id?.value ?? "";
  const node = state.agents.get(agentId)?.address ?? "";
  const taskId = status.task_id.value;
  for (const { jobID, attempt } of found) {
    const job = state.job(jobID);
    state.queue.delete({ jobID, shape: job.spec.shape });
    const earlier = state.taskOf(job);
    // Not only once it is seen: it may not have begun yet.
    if (earlier?.jobIDs.length === 1) callKill(frame, earlier);
    else abandon(frame, job);
    state.clearTask(job);
    job.attempt = Math.max(job.attempt, attempt);
    events.push({ type: "JOB_ADOPTED", jobID, taskId: attemptIdIn(taskId, job), node });
  }
  const known = state.tasks.get(taskId);
  const jobIDs = [...known?.jobIDs ?? [], ...found.map(({ jobID }) => jobID)];
  const task: TaskRecord = known ?? {
    taskId,
    agentId,
    node,
    phase: "LAUNCHING",
    launchedAtMs: nowMs,
    executorId: status.executor_id?.value,
    seen: true,
    jobIDs,
  };
  task.jobIDs = jobIDs.toSorted((a, b) => a - b);
  state.addTask(task);
}

/** Results that were reported before the state was restored: their jobs are done with. */
export function noteReported(
  frame: Frame,
  { results, reissues }: Extract<Input, { type: "REPORTED" }>,
): void {
  const { state } = frame;
  // About what was left alone until now.
  if (state.reissues && !reissues) state.reconciliation.askAboutAll();
  state.reissues = reissues;
  for (const result of results) {
    const { jobID, name } = result;
    const job = state.jobs.get(jobID);
    // A line of another run, whose state is lost, may have the same id.
    if (job?.spec.name === name) endReported(frame, job, result);
    else if (jobID < state.framework.nextJobID) continue;
    else if (reissues) state.reportedAhead.set(jobID, result);
    else spendID(frame, jobID);
  }
}

/** Ends a job that was reported already. */
export function endReported(frame: Frame, job: JobRecord, result: BatchJobResult): void {
  const { state } = frame;
  state.reportedAhead.delete(job.jobID);
  state.queue.delete({ jobID: job.jobID, shape: job.spec.shape });
  state.localQueue.delete(job.jobID);
  abandon(frame, job);
  state.endJob(job, result);
  countEnd(frame, job, result.exitReason);
}
