/**
 * How much fits into one ACCEPT, and what follows when a master, or a proxy before it, takes less
 * than that.
 *
 * @module
 */

import type { BundleData, JobData, TaskData } from "../../job/task_data.ts";
import type { TaskId } from "../../mesos/ids.ts";
import type { SchedulerCallAccept } from "../../mesos/wire/messages.ts";
import type { SchedulerRequest } from "../../mesos/scheduler.ts";
import type { Frame } from "./frame.ts";
import { endJob, finishKill, requeueJob } from "./job_lifecycle.ts";
import type { Match } from "./offer_matcher.ts";
import type { JobRecord } from "./records.ts";
import { attemptIdIn, MAX_TASK_ID_CHARACTERS, taskIdOf } from "./task_ids.ts";

/** The largest ACCEPT. Linux gives a program some 6 MiB of arguments and environment at the most. */
export const MAX_ACCEPT_BYTES = 8 * 2 ** 20;

/** What a task holds beside data, name and command: ids, resources, grace periods. */
const TASK_OVERHEAD_BYTES = 4 * 2 ** 10;

/** An offer's matches, by what can be done with them. */
export interface SizedMatches {
  /** Their tasks fit into one call. */
  readonly fitting: readonly Match[];
  /** They wait for the next offer. */
  readonly left: readonly JobRecord[];
  /** No call can hold the task. */
  readonly tooLarge: readonly JobRecord[];
}

/** The description of a job for its executor. */
export function jobDataOf({ settings }: Frame, job: JobRecord, attemptId: string): JobData {
  const { jobID, spec } = job;
  return {
    jobID,
    command: spec.command,
    environment: spec.environment,
    ...settings.stdOutErrPaths(jobID, attemptId),
    ...(spec.shape.gpus > 0 ? { gpus: spec.shape.gpus } : {}),
    ...(spec.timeLimitMs ? { timeLimitMs: spec.timeLimitMs } : {}),
  };
}

/** The description of a task for its executor. */
export function taskDataOf(
  frame: Frame,
  jobs: readonly JobRecord[],
  taskId: TaskId,
): TaskData | BundleData {
  const { state: { userScript }, settings: { workerCleanup, bundleMs } } = frame;
  const [first, ...others] = jobs.map((job) => {
    const attemptId = attemptIdIn(taskId, job);
    return { ...jobDataOf(frame, job, attemptId), attemptId };
  });
  if (!first) throw new RangeError(`Cannot launch task ${taskId}: it has no job`);
  const { attemptId: _same, ...only } = first;
  if (others.length === 0) return { ...only, userScript, workerCleanup };
  return { jobs: [first, ...others], bundleMs, userScript, workerCleanup };
}

/** What each task holds beside its jobs, in bytes: the same for all of a round of offers. */
export function taskBytesOf({ state: { userScript = "" }, settings }: Frame): number {
  const { executorCommand, workerCleanup } = settings;
  return jsonBytes([executorCommand, workerCleanup, userScript]) + TASK_OVERHEAD_BYTES;
}

/**
 * Sorts matches by whether their tasks fit into one call together; bundles are cut to fit.
 *
 * @param taskBytes As {@linkcode taskBytesOf} gives it.
 */
export function splitBySize(
  frame: Frame,
  matches: readonly Match[],
  taskBytes: number,
): SizedMatches {
  const { jobs, maxAcceptBytes } = frame.state;
  const fitting: Match[] = [];
  const left: JobRecord[] = [];
  const tooLarge: JobRecord[] = [];
  let total = 0;
  for (const match of matches) {
    const taken: JobRecord[] = [];
    for (const job of match.jobIDs.flatMap((jobID) => jobs.get(jobID) ?? [])) {
      // Measured once a round at the most: a round may match far more than fits.
      if (left.length > 0) {
        left.push(job);
        continue;
      }
      const bytes = jsonBytes([jobDataOf(frame, job, ""), job.spec.name]) +
        (taken.length > 0 ? 0 : taskBytes);
      if (bytes > MAX_ACCEPT_BYTES) tooLarge.push(job);
      else if (total > 0 && total + bytes > maxAcceptBytes) left.push(job);
      else {
        taken.push(job);
        total += bytes;
      }
    }
    left.push(...cutToName(frame, taken));
    if (taken.length > 0) fitting.push({ ...match, jobIDs: taken.map(({ jobID }) => jobID) });
  }
  return { fitting, left, tooLarge };
}

/** Takes from a bundle what its id has no room to name. */
function cutToName({ settings: { taskIdEpoch } }: Frame, jobs: JobRecord[]): JobRecord[] {
  const fits = () => {
    const attempts = jobs.map((job) => ({ ...job, attempt: job.attempt + 1 }));
    return taskIdOf(attempts, taskIdEpoch).length <= MAX_TASK_ID_CHARACTERS;
  };
  const cut: JobRecord[] = [];
  while (jobs.length > 1 && !fits()) cut.unshift(...jobs.splice(-1));
  return cut;
}

function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** Ends jobs that no call can bring to a node. */
export function endTooLarge(frame: Frame, jobs: readonly JobRecord[]): void {
  for (const job of jobs) {
    endJob(frame, job, {
      exitReason: "ERROR",
      message: "Cannot launch the job: its command and environment are too large for one call to " +
        "Mesos; pass large data in files",
    });
  }
}

/**
 * A call was refused for its size: nothing of it has happened. The tasks of a launch are tried again
 * in smaller calls; one that was alone can't be launched.
 */
export function refuseForSize(frame: Frame, { accept }: SchedulerRequest): void {
  if (!accept) return;
  const { state, calls } = frame;
  const { offer_ids } = accept;
  // They are still ours to answer.
  if (state.connected) {
    calls.push({ type: "DECLINE", decline: { offer_ids, filters: { refuse_seconds: 0 } } });
  }
  const jobs = tasksOf(accept).flatMap(({ task_id }) => {
    const task = state.tasks.get(task_id.value);
    return task ? state.jobsOf(task) : [];
  });
  if (jobs.length > 1) {
    const bytes = tasksOf(accept).reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    state.maxAcceptBytes = Math.min(state.maxAcceptBytes, bytes) / 2;
  }
  for (const job of jobs.toReversed()) {
    if (job.killRequested) finishKill(frame, job, true);
    else if (jobs.length > 1) requeueJob(frame, job);
    else endTooLarge(frame, [job]);
  }
}

function tasksOf({ operations = [] }: SchedulerCallAccept) {
  return operations.flatMap(({ launch }) => launch?.task_infos ?? []);
}
