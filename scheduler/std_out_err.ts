/**
 * The names of the files that hold the standard output and error of jobs.
 *
 * @see toil.batchSystems.abstractBatchSystem.BatchSystemSupport.format_std_out_err_path
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { TaskId } from "../mesos/ids.ts";

/** One of the two streams. */
export type StdStream = "out" | "err";

/** Where output goes. */
export interface StdOutErrSettings {
  /** Ought to be shared by scheduler and nodes. */
  readonly batchLogsDir: string;
  /** Discard it. */
  readonly noStdOutErr: boolean;
  /** Part of every name. */
  readonly workflowID: string;
}

/** The file of one stream of one attempt. */
export function formatStdOutErrPath(
  { batchLogsDir, noStdOutErr, workflowID }: StdOutErrSettings,
  { jobID, taskId, std }: { jobID: JobId; taskId: TaskId; std: StdStream },
): string {
  if (noStdOutErr) return "/dev/null";
  return `${batchLogsDir}/toil_${workflowID}.${jobID}.${taskId}.${std}.log`;
}

/** A glob for all files of all attempts at a job; matches nothing where output is not wanted. */
export function formatStdOutErrGlob(
  { batchLogsDir, workflowID }: StdOutErrSettings,
  jobID: JobId,
): string {
  return `${batchLogsDir}/toil_${workflowID}.${jobID}.*.log`;
}
