/**
 * What the user has decided, as the scheduler's logic sees it. Nothing here changes while it runs.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { WorkerCleanupInfo } from "../../job/task_data.ts";
import type { TaskId } from "../../mesos/ids.ts";
import type { CommandInfo, MesosResource } from "../../mesos/wire/messages.ts";
import type { Quantities } from "./quantities.ts";

/** Settings of the scheduler's logic. */
export interface SchedulerSettings {
  /** How executors are started. */
  readonly executorCommand: CommandInfo;
  /** Names an executor by what it is made of: equal command and resources give an equal id. */
  readonly executorIdFor: (command: CommandInfo, resources: readonly MesosResource[]) => string;
  /** In the ids of all tasks that this process launches, and no other. */
  readonly taskIdEpoch: string;
  /** What an executor itself asks of its agent; see {@linkcode atLeastMinimum}. */
  readonly executorQuantities: Quantities;
  /** What an agent gives an executor between SHUTDOWN and the end by force. */
  readonly executorShutdownGraceMs: number;
  /** Between TERM and KILL. */
  readonly killGraceMs: number;
  /** For how long a job on a node that can't be reached is waited for. */
  readonly unreachableTimeoutMs: number;
  /** Whether the Mesos, and every job on it, ends with this process. */
  readonly mesosIsTemporary: boolean;
  /** Whether the user says that the state was restored or lacks its last commits. */
  readonly isRestored: boolean;
  /** For how long the jobs of one task are to run together; 0 for one job a task. */
  readonly bundleMs: number;
  /** How many local jobs run at a time. */
  readonly maxLocalJobs: number;
  /** The address under which local jobs are reported. */
  readonly localNode: string;
  /** How nodes are cleaned up. */
  readonly workerCleanup: WorkerCleanupInfo;
  /** Where jobs write their output; see {@linkcode StdOutErrPaths}. */
  readonly stdOutErrPaths: StdOutErrPaths;
}

/** The files of a job's standard output and error; undefined: files in the job's own directory. */
export type StdOutErrPaths = (
  jobID: JobId,
  taskId: TaskId,
) => { readonly standardOutputPath: string; readonly standardErrorPath: string } | undefined;
