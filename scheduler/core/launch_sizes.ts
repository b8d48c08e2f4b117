/**
 * How much fits into one ACCEPT, and what follows when a master, or a proxy before it, takes less
 * than that.
 *
 * @module
 */

import { encodeTaskData, type TaskData } from "../../job/task_data.ts";
import type { SchedulerCallAccept } from "../../mesos/wire/messages.ts";
import type { SchedulerRequest } from "../../mesos/scheduler.ts";
import type { Frame } from "./frame.ts";
import { endJob, finishKill, jobOfTask, requeueJob } from "./job_lifecycle.ts";
import type { Match } from "./offer_matcher.ts";
import type { JobRecord } from "./records.ts";

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

/** What an executor is told of a job. */
export function taskDataOf({ state, settings }: Frame, job: JobRecord, taskId: string): TaskData {
  const { jobID, spec } = job;
  return {
    jobID,
    command: spec.command,
    environment: spec.environment,
    userScript: state.userScript,
    ...settings.stdOutErrPaths(jobID, taskId),
    ...(spec.shape.gpus > 0 ? { gpus: spec.shape.gpus } : {}),
    ...(spec.timeLimitMs ? { timeLimitMs: spec.timeLimitMs } : {}),
    workerCleanup: settings.workerCleanup,
  };
}

/** Sorts matches by whether their tasks fit into one call together. */
export function splitBySize(frame: Frame, matches: readonly Match[]): SizedMatches {
  const { state: { jobs, maxAcceptBytes }, settings } = frame;
  const executorBytes = jsonBytes(settings.executorCommand);
  const fitting: Match[] = [];
  const left: JobRecord[] = [];
  const tooLarge: JobRecord[] = [];
  let total = 0;
  for (const match of matches) {
    const job = jobs.get(match.jobID);
    if (!job) continue;
    // Measured once a round at the most: a round may match far more than fits.
    if (left.length > 0) {
      left.push(job);
      continue;
    }
    const bytes = encodeTaskData(taskDataOf(frame, job, "")).length + jsonBytes(job.spec.name) +
      executorBytes + TASK_OVERHEAD_BYTES;
    if (bytes > MAX_ACCEPT_BYTES) tooLarge.push(job);
    else if (total + bytes > maxAcceptBytes && fitting.length > 0) left.push(job);
    else {
      fitting.push(match);
      total += bytes;
    }
  }
  return { fitting, left, tooLarge };
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
  const jobs = tasksOf(accept).flatMap(({ task_id }) => jobOfTask(frame, task_id.value) ?? []);
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
