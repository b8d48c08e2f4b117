/**
 * The life of a job, from its issue to its last trace. Pure.
 *
 * @module
 */

import { type BatchJobExitReason, EXIT_STATUS_UNAVAILABLE_VALUE } from "../../job/exit_reason.ts";
import type { JobId } from "../../job/job_id.ts";
import type { TaskId } from "../../mesos/ids.ts";
import type { Frame } from "./frame.ts";
import { endReported, waitForMesos } from "./restored_state.ts";
import { isFaultOfNode, isRetried } from "./retries.ts";
import { attemptIdIn, taskIdOf } from "./task_ids.ts";
import type { BatchJobResult, JobRecord, JobSpec, TaskRecord } from "./records.ts";

/** The least wall time that is reported: a job that ran took some time. */
const MIN_WALL_TIME_SECONDS = 0.001;

/** Of what a master or an agent says about an end, a result keeps so much. */
export const MAX_MESSAGE_CHARACTERS = 4_096;

/** Begins another attempt at each of these jobs, as one task; gives its id. */
export function nextTaskId({ settings }: Frame, jobs: readonly JobRecord[]): TaskId {
  for (const job of jobs) job.attempt++;
  return taskIdOf(jobs, settings.taskIdEpoch);
}

/** How many ended attempts are remembered. */
export const MAX_PAST_TASKS = 10;

/** Takes the attempt from a job, and remembers it; its end is known unless it goes to waste. */
function endTask({ state, nowMs }: Frame, job: JobRecord, end?: JobEnd): void {
  const task = state.taskOf(job);
  if (!task) return;
  const { agentId, node, executorId, agentUrl, containerId, launchedAtMs } = task;
  const taskId = attemptIdIn(task.taskId, job);
  const startedAtMs = startOf(job, task, { end, nowMs });
  const past = { taskId, agentId, node, executorId, agentUrl, containerId, launchedAtMs };
  const before = job.pastTasks?.slice(1 - MAX_PAST_TASKS) ?? [];
  const how = end && { exitReason: end.exitReason, exitStatus: end.exitStatus };
  job.pastTasks = [...before, { ...past, startedAtMs, endedAtMs: nowMs, ...how }];
  state.clearTask(job);
}

/** When a job was first seen to run, or must have begun. */
function startOf(
  { jobID }: JobRecord,
  { jobIDs, startedAtMs, launchedAtMs }: TaskRecord,
  { end, nowMs }: { end: JobEnd | undefined; nowMs: number },
): number | undefined {
  if (startedAtMs !== undefined && jobIDs[0] === jobID) return startedAtMs;
  const { wallTimeSeconds = NaN } = end ?? {};
  return Number.isFinite(wallTimeSeconds)
    ? Math.max(launchedAtMs, nowMs - wallTimeSeconds * 1000)
    : undefined;
}

/** Takes jobs in. Their ids ascend without a gap. */
export function issueJobs(frame: Frame, specs: readonly JobSpec[]): JobId[] {
  const { state, nowMs, events } = frame;
  // Jobs that are new here may run there.
  if (state.reissues) waitForMesos(frame);
  return specs.map((spec) => {
    const jobID = state.framework.nextJobID++;
    state.frameworkChanged();
    const job: JobRecord = { jobID, spec, issuedAtMs: nowMs, attempt: 0, killRequested: false };
    state.addJob(job);
    events.push({ type: "JOB_ISSUED", jobID, name: spec.name });
    const reported = state.reportedAhead.get(jobID);
    if (reported?.name === spec.name) {
      endReported(frame, job, reported);
      return jobID;
    }
    // Only a shape that was not waiting can fit what was declined for the others.
    if (state.enqueue(job, nowMs)) state.demand.requestRevive();
    return jobID;
  });
}

/** Puts a job whose launch did not get through back to the front of its queue. */
export function requeueJob(frame: Frame, job: JobRecord): void {
  const { state, nowMs } = frame;
  endTask(frame, job);
  if (job.spec.local) state.localQueue.add(job.jobID);
  else state.queue.unshift({ jobID: job.jobID, shape: job.spec.shape }, nowMs);
  state.demand.requestRevive();
}

/**
 * Has a job run again. One that its node failed has had its turn, and goes to the front of its
 * queue. One that failed by itself goes to the back: others come first, and the cause may pass.
 */
function retryJob(frame: Frame, job: JobRecord, end: JobEnd): void {
  const { state, nowMs, events } = frame;
  const { jobID, spec: { shape, local, retries = 0 } } = job;
  const { taskId, node, exitReason, exitStatus } = toResult(frame, job, end);
  const attempts = job.retried = (job.retried ?? 0) + 1;
  job.failedLaunches = job.vainLaunches = undefined;
  endTask(frame, job, end);
  if (isFaultOfNode(end) && !local) state.queue.unshift({ jobID, shape }, nowMs);
  else state.enqueue(job, nowMs);
  state.demand.requestRevive();
  const about = { jobID, taskId, node, exitReason, exitStatus };
  events.push({ type: "JOB_RETRIED", ...about, attempts, maxAttempts: retries + 1 });
}

/** How a job ended, less what is known of the job anyway. */
export type JobEnd =
  & Pick<BatchJobResult, "exitReason">
  & Partial<Pick<BatchJobResult, "exitStatus" | "wallTimeSeconds" | "message">>;

function elapsedSeconds(task: TaskRecord | undefined, nowMs: number): number {
  return task ? (nowMs - (task.startedAtMs ?? task.launchedAtMs)) / 1000 : 0;
}

/** Ends a job: it is run again if it may be, else reported, unless it was to be killed. */
export function endJob(frame: Frame, job: JobRecord, end: JobEnd): void {
  const { state, events } = frame;
  const { shape, local } = job.spec;
  const wallTimeMs = (end.wallTimeSeconds ?? NaN) * 1000;
  if (!local && Number.isFinite(wallTimeMs)) state.wallTimes.note(shape, wallTimeMs);
  if (job.killRequested) return finishKill(frame, job, true);
  // Killed because this process leaves, and at no one's request: the next process runs it again.
  if (state.stopping && end.exitReason === "KILLED") return requeueJob(frame, job);
  if (isRetried(job, end)) return retryJob(frame, job, end);
  const result = toResult(frame, job, end);
  endTask(frame, job, end);
  if (job.spec.unreported) state.endJob(job, result);
  else state.addResult(job, result);
  events.push({ type: "JOB_ENDED", result });
}

function toResult({ state, nowMs }: Frame, job: JobRecord, end: JobEnd): BatchJobResult {
  const task = state.taskOf(job);
  const { wallTimeSeconds: said = NaN } = end;
  const wallTimeSeconds = Number.isFinite(said) ? said : elapsedSeconds(task, nowMs);
  const isRun = task !== undefined && end.exitReason !== "ERROR";
  const attempts = (job.retried ?? 0) + (isRun ? 1 : 0);
  return {
    jobID: job.jobID,
    name: job.spec.name,
    exitStatus: end.exitStatus ?? EXIT_STATUS_UNAVAILABLE_VALUE,
    exitReason: end.exitReason,
    wallTimeSeconds: Math.max(MIN_WALL_TIME_SECONDS, wallTimeSeconds),
    node: task?.node ?? "",
    message: (end.message ?? "").slice(0, MAX_MESSAGE_CHARACTERS),
    taskId: task ? attemptIdIn(task.taskId, job) : "",
    ...(attempts > 1 ? { attempts } : {}),
  };
}

/** A job that was to be killed has ended, as far as can be known. */
export function finishKill(frame: Frame, job: JobRecord, confirmed: boolean): void {
  const end: JobEnd = { exitReason: "KILLED" };
  const result = toResult(frame, job, end);
  endTask(frame, job, end);
  frame.state.endJob(job, result);
  countEnd(frame, job, "KILLED");
  frame.events.push({ type: "JOB_KILLED", jobID: job.jobID, confirmed });
}

/** The results were delivered: they are not reported again. */
export function deliverResults({ state }: Frame, jobIDs: readonly JobId[]): void {
  for (const jobID of jobIDs) {
    const job = state.jobs.get(jobID);
    if (!job?.result) continue;
    state.endJob(job, job.result);
    countEnd({ state }, job, job.result.exitReason);
  }
}

/** Notes that a job is done with, for the file that it comes from. */
export function countEnd(
  { state }: Pick<Frame, "state">,
  { spec }: JobRecord,
  reason: BatchJobExitReason,
): void {
  const file = state.jobFiles.get(spec.fileDigest ?? "");
  if (!file) return;
  const ended = { ...file.ended, [reason]: (file.ended[reason] ?? 0) + 1 };
  state.setJobFile({ ...file, ended });
}

/** Starts local jobs while there is room. */
export function startLocalJobs(frame: Frame): void {
  const { state, settings, nowMs, localActions, events } = frame;
  for (const jobID of state.localQueue) {
    if (!state.started || state.stopping || state.localRunning.size >= settings.maxLocalJobs) {
      return;
    }
    state.localQueue.delete(jobID);
    const job = state.job(jobID);
    const taskId = nextTaskId(frame, [job]);
    const node = settings.localNode;
    state.addTask({
      taskId,
      jobIDs: [jobID],
      agentId: "",
      node,
      phase: "RUNNING",
      launchedAtMs: nowMs,
      startedAtMs: nowMs,
      seen: true,
    });
    localActions.push({ type: "START", job, taskId });
    events.push({ type: "JOB_RUNNING", jobID, taskId, node });
  }
}

/** A local job has ended; jobs of an earlier life of this process are lost with it. */
export function endLocalJob(frame: Frame, jobID: JobId, end: JobEnd): void {
  const { state } = frame;
  const job = state.jobs.get(jobID);
  if (!job?.spec.local || job.taskId === undefined) return;
  endJob(frame, job, end);
}
