/**
 * What executors report of the jobs of a bundle. Pure.
 *
 * @module
 */

import { type BundleReport, decodeBundleReport } from "../../job/bundle_report.ts";
import type { JobId } from "../../job/job_id.ts";
import type { TaskStatus } from "../../mesos/wire/messages.ts";
import type { Frame } from "./frame.ts";
import { endJob, finishKill, requeueJob } from "./job_lifecycle.ts";
import { settleAbandoned } from "./kills.ts";
import type { TaskRecord } from "./records.ts";
import { attemptIdIn, isBundle } from "./task_ids.ts";
import { handleJobEnd, noteRunning } from "./task_updates.ts";

/**
 * Takes what an update says of the jobs of a bundle. It may come more than once: of a job that is
 * not of this task any more, nothing new is said.
 */
export function takeReport(frame: Frame, task: TaskRecord, status: TaskStatus): void {
  // The master repeats states without the executor's data.
  if (!status.uuid || status.source !== "SOURCE_EXECUTOR" || !isBundle(task.taskId)) return;
  const report = decodeBundleReport(status.data ?? new Uint8Array());
  if (!report) return;
  const { task_id, source } = status;
  for (const { jobID, ...end } of report.ended) {
    const job = jobIn(frame, task, jobID);
    if (job) handleJobEnd(frame, { job, task }, { task_id, source, uuid: status.uuid, ...end });
    else settleAbandoned(frame, task, jobID);
  }
  if (report.givenBack.length > 0) noteLong(frame, task);
  for (const jobID of report.givenBack.toReversed()) takeBack(frame, task, jobID);
  takeRunning(frame, task, report);
}

function jobIn({ state }: Frame, { taskId }: TaskRecord, jobID: JobId) {
  const job = state.jobs.get(jobID);
  return job?.taskId === taskId ? job : undefined;
}

/** A job of this shape runs longer than expected; it will count again when it ends. */
function noteLong({ state, settings }: Frame, task: TaskRecord): void {
  const [job] = state.jobsOf(task);
  if (job) state.wallTimes.note(job.spec.shape, settings.bundleMs);
}

/** A job has not begun and waits again: it does not count as an attempt. */
function takeBack(frame: Frame, task: TaskRecord, jobID: JobId): void {
  const job = jobIn(frame, task, jobID);
  if (!job) return settleAbandoned(frame, task, jobID);
  if (job.killRequested) return finishKill(frame, job, true);
  const taskId = attemptIdIn(task.taskId, job);
  requeueJob(frame, job);
  frame.events.push({ type: "JOB_GIVEN_BACK", jobID, taskId, node: task.node });
}

function takeRunning(frame: Frame, task: TaskRecord, { running }: BundleReport): void {
  if (running === undefined) return;
  const { state } = frame;
  // Reported before the state was restored, and forgotten with it.
  const passed = task.jobIDs.slice(0, Math.max(0, task.jobIDs.indexOf(running)));
  for (const jobID of passed) {
    const message = "its bundle has moved on without a report of its end";
    endJob(frame, state.job(jobID), { exitReason: "LOST", message });
  }
  const isNews = task.jobIDs[0] === running && task.startedAtMs === undefined;
  // Otherwise it enters that phase now.
  if (isNews && task.phase === "RUNNING") noteRunning(frame, task);
}
