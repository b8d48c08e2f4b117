/**
 * Jobs that run beside the scheduler instead of on the cluster.
 *
 * @see toil.batchSystems.local_support
 * @module
 */

import { join } from "node:path";
import type { ProcessGroup } from "../process/process_group.ts";
import { ProcessOwner } from "../process/process_owner.ts";
import type { JobEnd } from "./jobs.ts";
import type { JobRecord } from "./model.ts";

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

  /**
   * No job runs yet.
   *
   * @param options How to run them.
   */
  constructor(options: LocalJobsOptions) {
    this.#options = options;
  }

  /** Starts a job; its end is told even if it could not be started. */
  start(job: JobRecord): void {
    const { jobID } = job;
    try {
      const group = this.#owner.start(this.#command(job));
      this.#groups.set(jobID, group);
      group.exited.then(
        ({ exitStatus, wallTimeSeconds, killed }) =>
          this.#ended(jobID, {
            exitReason: exitStatus === 0 ? "FINISHED" : killed ? "KILLED" : "FAILED",
            exitStatus,
            wallTimeSeconds,
          }),
        (error: Error) => this.#ended(jobID, { exitReason: "ERROR", message: error.message }),
      );
    } catch (error) {
      this.#ended(jobID, { exitReason: "ERROR", message: (error as Error).message });
    }
  }

  /** Ends a job; its end is told as usual. */
  kill(jobID: number): void {
    this.#groups.get(jobID)?.kill(this.#options.killGraceMs);
  }

  /** Ends all jobs and everything that descends from them. */
  async close(): Promise<void> {
    await this.#owner.close(this.#options.killGraceMs);
  }

  #command({ jobID, spec, task }: JobRecord) {
    const taskId = task?.taskId ?? String(jobID);
    const directory = join(this.#options.directory, taskId);
    Deno.mkdirSync(directory, { recursive: true });
    const files = this.#options.stdOutErrPaths(jobID, taskId) ??
      {
        standardOutputPath: join(directory, "stdout"),
        standardErrorPath: join(directory, "stderr"),
      };
    return {
      command: spec.command,
      directory,
      environment: {
        ...Deno.env.toObject(),
        ...this.#options.environment,
        ...spec.environment,
        TOIL_MESOS_JOB_ID: String(jobID),
      },
      ...files,
    };
  }

  #ended(jobID: number, end: JobEnd): void {
    this.#groups.delete(jobID);
    this.#options.ended(jobID, end);
  }
}
