/**
 * Jobs as callers of the batch system describe them, and as they hear of their end.
 *
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { TaskId } from "../mesos/ids.ts";
import type { IssueRequest, JobFilePart } from "./core/inputs.ts";
import type { BatchJobResult } from "./core/records.ts";
import type { Accelerator, JobRequest } from "./core/requirements.ts";

/** A job as users write it, checked, with its defaults. */
export interface JobDescription {
  /** Given to `sh -c`. */
  command: string;
  /** For people. */
  name?: string | undefined;
  /** Cores; thousandths count. */
  cores: number;
  /** Bytes. */
  memory: number;
  /** Bytes. */
  disk: number;
  /** Whether it may run on a node that can be taken away. */
  preemptible: boolean;
  /** Devices. */
  accelerators: Accelerator[];
  /** Variables of this job alone. */
  environment: Record<string, string>;
  /** Run beside the scheduler instead of on the cluster. */
  local: boolean;
  /** How long it may run, in milliseconds. */
  timeLimit?: number | undefined;
  /** How often it is run again when it fails or is lost, before that is reported. */
  retries?: number | undefined;
}

/** A job as a caller describes it. */
export interface BatchJob {
  /** Given to `sh -c`. */
  readonly command: string;
  /** What it needs; defaults for what is left out. */
  readonly requirements?: JobRequest | undefined;
  /** Variables of this job alone; they win over those of setEnv. */
  readonly jobEnvironment?: Readonly<Record<string, string>> | undefined;
}

/** The end of a job, as Toil wants to hear of it. */
export interface UpdatedBatchJobInfo {
  /** The job. */
  readonly jobID: JobId;
  /** The command's status; a signal is minus its number, 255 when unknown. */
  readonly exitStatus: number;
  /** Why it ended. */
  readonly exitReason: BatchJobResult["exitReason"];
  /** Seconds, above 0. */
  readonly wallTime: number;
  /** The task's id in Mesos. */
  readonly backingId: TaskId;
}

/** Where jobs come from, and who hears of their end. */
export interface IssueOrigin {
  /** A part of a jobs file: jobs of it that were issued before are not issued again. */
  readonly file?: JobFilePart | undefined;
  /** A request that has a key: sent again, it issues nothing and has the same answer. */
  readonly request?: IssueRequest | undefined;
  /** The id of the first; the others' follow. Nothing is issued if it was given before. */
  readonly firstJobID?: JobId | undefined;
  /** Their ends are kept by the history alone: no result waits to be taken. */
  readonly unreported?: boolean | undefined;
}
