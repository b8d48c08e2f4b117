/**
 * Jobs that run beside the scheduler instead of on the cluster.
 *
 * @see toil.batchSystems.local_support
 * @module
 */

import { join } from "node:path";
import { prepareOutputFiles, standardErrorTail } from "../process/output_files.ts";
import type { ProcessGroup } from "../process/process_group.ts";
import { ProcessOwner } from "../process/process_owner.ts";
import type { JobEnd } from "./jobs.ts";
import type { JobRecord } from "./model.ts";
import { describeExit } from "./outcome.ts";

/** As much of a failed job's standard error is reported. */
const STANDARD_ERROR_TAIL_BYTES = 1024;

/** How local jobs are run. */
export interface LocalJobsOptions {
  /** A directory for the directories of the jobs; made when first needed. */
  directory: string;
  /** Variables for every job, beyond those of this process. */
  environment: Readonly<Record<string, string>>;
  /** Files for the output, unless it stays in the job's directory. */
  stdOutErrPaths: (
    jobID: number,
    taskId: string,
  ) => { standardOutputPath: string; standardErrorPath: string } | undefined;
  /** Between TERM and KILL. */
  killGraceMs: number;
  /** Called once for each job that was started. */
  ended: (jobID: number, end: JobEnd) => void;
}

/** Runs local jobs as process groups. Must be closed. */
export class LocalJobs {
  readonly #options: LocalJobsOptions;
  readonly #owner = new ProcessOwner();
  readonly #groups = new Map<number, ProcessGroup>();
  /** Killed before they could start. */
  readonly #killed = new Set<number>();
  #closed = false;

  /**
   * No job runs yet.
   *
   * @param options How to run them.
   */
  constructor(options: LocalJobsOptions) {
    this.#options = options;
  }

  /** Starts a job; its end is told even if it could not be started. */
  async start(job: JobRecord): Promise<void> {
    try {
      this.#options.ended(job.jobID, await this.#run(job));
    } catch (error) {
      this.#options.ended(job.jobID, { exitReason: "ERROR", message: (error as Error).message });
    }
  }

  /** Ends a job; its end is told as usual. */
  kill(jobID: number): void {
    const group = this.#groups.get(jobID);
    if (group) group.kill(this.#options.killGraceMs);
    else this.#killed.add(jobID);
  }

  /** Ends all jobs and everything that descends from them. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#owner.close(this.#options.killGraceMs);
  }

  async #run({ jobID, spec, task }: JobRecord): Promise<JobEnd> {
    const taskId = task?.taskId ?? String(jobID);
    const wanted = this.#options.stdOutErrPaths(jobID, taskId) ?? {};
    const files = await prepareOutputFiles(join(this.#options.directory, taskId), wanted);
    if (this.#closed || this.#killed.delete(jobID)) return { exitReason: "KILLED" };
    const group = this.#owner.start({
      command: spec.command,
      ...files,
      environment: {
        ...Deno.env.toObject(),
        ...this.#options.environment,
        ...spec.environment,
        TOIL_MESOS_JOB_ID: String(jobID),
      },
    });
    this.#groups.set(jobID, group);
    const { exitStatus, wallTimeSeconds, killed } = await group.exited;
    this.#groups.delete(jobID);
    if (exitStatus === 0) return { exitReason: "FINISHED", exitStatus, wallTimeSeconds };
    const exitReason = killed ? "KILLED" : "FAILED";
    const tail = await standardErrorTail(files, STANDARD_ERROR_TAIL_BYTES);
    return { exitReason, exitStatus, wallTimeSeconds, message: describeExit(exitStatus, tail) };
  }
}
