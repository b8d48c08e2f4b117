/**
 * Jobs that run beside the scheduler instead of on the cluster.
 *
 * @see toil.batchSystems.local_support
 * @module
 */

import { join } from "node:path";
import { isCleaned } from "../job/clean_policy.ts";
import { inheritedEnvironment } from "../job/inherited_environment.ts";
import type { JobId } from "../job/job_id.ts";
import type { WorkerCleanupInfo } from "../job/task_data.ts";
import { userEnvironment } from "../job/user_environment.ts";
import type { TaskId } from "../mesos/ids.ts";
import {
  type OutputFiles,
  prepareOutputFiles,
  removeScratch,
  standardErrorTail,
} from "../process/output_files.ts";
import { ProcessOwner } from "../process/process_owner.ts";
import { type LimitedExit, RunningJob } from "../process/job_limits.ts";
import type { JobEnd } from "./core/job_lifecycle.ts";
import type { JobRecord } from "./core/records.ts";
import { describeOutcome } from "./core/task_end.ts";

/** As much of a failed job's standard error is reported. */
const STANDARD_ERROR_TAIL_BYTES = 1024;

/** How local jobs are run. */
export interface LocalJobsOptions {
  /** A directory for the directories of the jobs, `<task>/<job>`; made when first needed. */
  directory: string;
  /** When the directory of an ended job is removed; its output stays. */
  cleanWorkDir: WorkerCleanupInfo["cleanWorkDir"];
  /** Whether orphans that this process adopts may be killed when no local job can own them. */
  adoptsOrphans: boolean;
  /** Variables for every job, beyond those of this process; see `setVariable`. */
  environment: Readonly<Record<string, string>>;
  /** Files for the output, unless it stays in the job's directory. */
  stdOutErrPaths: (
    jobID: JobId,
    taskId: TaskId,
  ) => { standardOutputPath: string; standardErrorPath: string } | undefined;
  /** Between TERM and KILL. */
  killGraceMs: number;
  /** Called once for each job that was started. */
  ended: (jobID: JobId, end: JobEnd) => void;
}

/** A job between its start and the report of its end. */
interface LocalJob {
  /** Absent while its files are being prepared. */
  running?: RunningJob;
  isKilled: boolean;
  /** Settles when nothing of it is under way any more. */
  done: Promise<void>;
}

/** Runs local jobs as process groups. Must be closed. */
export class LocalJobs {
  readonly #options: LocalJobsOptions;
  readonly #owner: ProcessOwner;
  readonly #jobs = new Map<JobId, LocalJob>();
  #environment: Readonly<Record<string, string>>;
  #closed = false;

  /**
   * No job runs yet.
   *
   * @param options How to run them.
   */
  constructor(options: LocalJobsOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.#owner = new ProcessOwner({ adoptsOrphans: options.adoptsOrphans });
  }

  /** Sets a variable for jobs that start from now on. */
  setVariable(name: string, value: string): void {
    this.#environment = { ...this.#environment, [name]: value };
  }

  /** Starts a job; its end is reported even if it could not be started. */
  start(record: JobRecord, taskId: TaskId = String(record.jobID)): void {
    const job: LocalJob = { isKilled: false, done: Promise.resolve() };
    this.#jobs.set(record.jobID, job);
    job.done = this.#attend(record, taskId, job);
  }

  /** Ends a job; its end is reported as usual. */
  kill(jobID: JobId): void {
    const job = this.#jobs.get(jobID);
    if (!job) return;
    job.isKilled = true;
    job.running?.kill(this.#options.killGraceMs);
  }

  /** Ends all jobs and everything that descends from them. Jobs that end by this are not reported:
   * they have not ended by themselves. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#owner.close(this.#options.killGraceMs);
    await Promise.all([...this.#jobs.values()].map(({ done }) => done));
  }

  async #attend(record: JobRecord, taskId: TaskId, job: LocalJob): Promise<void> {
    const end = await this.#run(record, taskId, job).catch((error: Error): JobEnd => ({
      exitReason: "ERROR",
      message: error.message,
    }));
    this.#jobs.delete(record.jobID);
    const endedByClose = this.#closed && !job.isKilled && end.exitReason === "KILLED";
    if (!endedByClose) this.#options.ended(record.jobID, end);
  }

  async #run({ jobID, spec }: JobRecord, taskId: TaskId, job: LocalJob): Promise<JobEnd> {
    const { directory, stdOutErrPaths, killGraceMs } = this.#options;
    const files = await prepareOutputFiles({
      ...stdOutErrPaths(jobID, taskId),
      outputDirectory: join(directory, taskId, String(jobID)),
    });
    if (this.#closed || job.isKilled) return { exitReason: "KILLED" };
    const group = this.#owner.start({
      command: spec.command,
      ...files,
      environment: {
        ...userEnvironment(),
        ...inheritedEnvironment(Deno.env.toObject()),
        ...this.#environment,
        ...spec.environment,
        TOIL_MESOS_JOB_ID: String(jobID),
      },
    });
    job.running = new RunningJob(group, { timeLimitMs: spec.timeLimitMs, killGraceMs });
    const exit = await job.running.exited;
    const end = await this.#endOf(exit, files);
    if (isCleaned(this.#options.cleanWorkDir, end.exitReason === "FINISHED")) {
      await removeScratch(files);
    }
    return end;
  }

  async #endOf(exit: LimitedExit, files: OutputFiles): Promise<JobEnd> {
    const { exitStatus, wallTimeSeconds, killed, limit } = exit;
    // As on a node: a job that exits with 0 because it was killed has not done its work.
    if (exitStatus === 0 && !limit && !killed) {
      return { exitReason: "FINISHED", exitStatus, wallTimeSeconds };
    }
    const exitReason = killed ? "KILLED" : limit === "time" ? "MAXJOBDURATION" : "FAILED";
    const tail = await standardErrorTail(files, STANDARD_ERROR_TAIL_BYTES);
    const message = describeOutcome({
      exitStatus,
      timeLimitExceeded: limit === "time",
      ...(tail === undefined ? {} : { standardErrorTail: tail }),
    });
    return { exitReason, exitStatus, wallTimeSeconds, message };
  }
}
