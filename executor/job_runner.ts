/**
 * A job from its data to its outcome: prepare, spawn, wait, report.
 *
 * @module
 */

import { isCleaned, jobsDirectory } from "../job/clean_policy.ts";
import { inheritedEnvironment } from "../job/inherited_environment.ts";
import type { TaskData } from "../job/task_data.ts";
import type { TaskOutcome } from "../job/task_outcome.ts";
import { userEnvironment } from "../job/user_environment.ts";
import type { ProcessGroup } from "../process/process_group.ts";
import type { ProcessOwner } from "../process/process_owner.ts";
import { type LimitedExit, RunningJob } from "../process/job_limits.ts";
import { getLogger } from "../support/log.ts";
import type { GpuPool } from "./gpu_pool.ts";
import { jobEnvironment } from "./job_environment.ts";
import {
  type OutputFiles,
  prepareOutputFiles,
  removeScratch,
  standardErrorTail,
} from "../process/output_files.ts";
import type { JobCgroup } from "./job_cgroup.ts";
import type { JobMemory } from "./job_memory.ts";
import type { MemoryCgroup } from "./memory_cgroup.ts";
import type { WorkerCleanup } from "./node_cleanup.ts";

const log = getLogger("executor");

/** Makes the kernel kill a job rather than the executor of all jobs. */
const OOM_SCORE_INCREASE = 300;

/** The longest tail in a label, small enough for master and agent. */
const MAX_STANDARD_ERROR_TAIL_BYTES = 1024;

const SIGKILL = 9;

/** Deploys user scripts; see resource/. */
export interface JobDeployment {
  /**
   * Deploys a user script and returns the variables with its path.
   *
   * @throws {Error} for the user, when it can't be deployed.
   */
  environmentFor(pickledResource: string): Promise<Record<string, string>>;
  /** Removes all user scripts. */
  clean(): Promise<void>;
}

/** Options of {@linkcode JobRunner}. */
export interface JobRunnerOptions {
  /** The executor's own environment. */
  environment: Readonly<Record<string, string>>;
  /** The sandbox: an absolute path. */
  sandboxDirectory: string;
  /** The directory of resources. */
  resourceDirectory: string;
  /** Starts the processes. */
  processes: ProcessOwner;
  /** Deploys user scripts. */
  deployment: JobDeployment;
  /** The GPUs of the node. */
  gpus: GpuPool;
  /** Records how to clean up. */
  workerCleanup: WorkerCleanup;
  /** The memory of the executor and all jobs. */
  memory: MemoryCgroup;
  /** Kills the job that exceeds its memory. */
  jobMemory: JobMemory;
}

/** The limits of a task. */
export interface TaskLimits {
  /** The time between TERM and KILL when it exceeds a limit, in milliseconds. */
  killGraceMs: number;
  /** The requested memory in bytes; undefined if unknown. */
  memoryBytes: number | undefined;
}

/** A job that is ready to start. */
export interface PreparedJob {
  /** The data from the scheduler. */
  data: TaskData;
  /** Its directories and output files. */
  files: OutputFiles;
  /** Variables with the path of its user script. */
  userScript: Record<string, string>;
}

/** How a job ended. */
export interface JobEnd {
  /** The outcome to report to the scheduler. */
  outcome: TaskOutcome;
  /** Whether {@linkcode Job.kill} ended it. */
  killed: boolean;
}

/** A running job. */
export interface Job {
  /** Resolves when no process of the job's session is left. */
  readonly ended: Promise<JobEnd>;
  /** Kills it: SIGTERM, and after `graceMs` SIGKILL. May be called again. */
  kill(graceMs: number): Promise<void>;
}

/** Runs jobs in this sandbox. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #user = userEnvironment();
  readonly #inherited: Readonly<Record<string, string>>;

  /**
   * Creates a runner without jobs.
   *
   * @param options The parts of the executor that jobs use.
   */
  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#inherited = inheritedEnvironment(options.environment);
  }

  /**
   * Does the asynchronous preparation of a job.
   *
   * @param attemptId Names the job's directory: without slashes, and not only of dots.
   * @param data The job.
   * @throws {Error} for the user, when the job can't be run.
   */
  async prepare(attemptId: string, data: TaskData): Promise<PreparedJob> {
    const { environment, sandboxDirectory, resourceDirectory, ...options } = this.#options;
    if (data.workerCleanup) {
      const places = { TOIL_WORKDIR: sandboxDirectory, ...environment, ...data.environment };
      options.workerCleanup.note(data.workerCleanup, places);
    }
    const files = await prepareOutputFiles({
      ...data,
      outputDirectory: `${sandboxDirectory}/jobs/${attemptId}`,
      directory: workDirectory(data, attemptId),
    });
    try {
      Deno.mkdirSync(resourceDirectory, { recursive: true });
      const userScript = data.userScript === undefined
        ? {}
        : await options.deployment.environmentFor(data.userScript);
      return { data, files, userScript };
    } catch (error) {
      await removeScratch(files);
      throw error;
    }
  }

  /**
   * Starts a job.
   *
   * @param limits The limits of the task.
   * @throws {Error} for the user, when it can't be started.
   */
  spawn(prepared: PreparedJob, { killGraceMs, memoryBytes }: TaskLimits): Job {
    const { data } = prepared;
    const { gpus: pool, jobMemory, memory } = this.#options;
    const gpus = pool.acquire(data.gpus ?? 0);
    const oomKillsBefore = memory.oomKills();
    const cgroup = jobMemory.makeCgroup(`${Deno.pid}-${data.jobID}`);
    const release = () => pool.release(gpus);
    try {
      const group = this.#start(prepared, gpus, cgroup);
      const job = new RunningJob(group, { timeLimitMs: data.timeLimitMs, killGraceMs });
      const unwatch = jobMemory.watch({
        requestedBytes: memoryBytes,
        cgroup,
        pid: group.pid,
        mark: group.mark,
        exceed: () => job.exceed("memory", 0),
      });
      const hasRunOut = () => cgroup ? cgroup.oomKills() > 0 : memory.oomKills() > oomKillsBefore;
      const ended = job.exited.finally(unwatch)
        .then((exit) => this.#end(exit, prepared, hasRunOut))
        .finally(() => cgroup?.remove());
      return { ended: ended.finally(release), kill: (graceMs) => job.kill(graceMs) };
    } catch (error) {
      release();
      cgroup?.remove();
      throw error;
    }
  }

  /** Removes the files of a prepared job that will not be started. */
  async discard({ files }: PreparedJob): Promise<void> {
    await removeScratch(files);
  }

  #start(
    { data, files, userScript }: PreparedJob,
    gpus: readonly number[],
    cgroup: JobCgroup | undefined,
  ): ProcessGroup {
    const { sandboxDirectory, resourceDirectory, processes } = this.#options;
    const environment = jobEnvironment({
      user: this.#user,
      inherited: this.#inherited,
      job: data.environment,
      jobID: data.jobID,
      sandboxDirectory,
      resourceDirectory,
      userScript,
      gpus,
    });
    log.debug("Job {jobID} gets the variables {names}", {
      jobID: data.jobID,
      names: Object.keys(environment),
    });
    return processes.start({
      command: data.command,
      environment,
      oomScoreIncrease: OOM_SCORE_INCREASE,
      cgroupProcsPath: cgroup?.procsPath,
      ...files,
    });
  }

  async #end(
    { exitStatus, wallTimeSeconds, killed, limit }: LimitedExit,
    { data, files }: PreparedJob,
    hasRunOut: () => boolean,
  ): Promise<JobEnd> {
    const outcome: TaskOutcome = { exitStatus, wallTimeSeconds };
    if (limit === "time") outcome.timeLimitExceeded = true;
    if (exitStatus !== 0 && !killed) {
      outcome.standardErrorTail = await standardErrorTail(files, MAX_STANDARD_ERROR_TAIL_BYTES);
      // A shell reports 128 + 9 for a command of its own that was killed.
      const diedOfSigkill = exitStatus === -SIGKILL || exitStatus === 128 + SIGKILL;
      outcome.memoryLimitExceeded = limit === "memory" ||
        limit === undefined && diedOfSigkill && hasRunOut();
    }
    // Clean up before the end is reported: the next job may need the disk space.
    const hasSucceeded = exitStatus === 0 && limit === undefined && !killed;
    const { cleanWorkDir = "never" } = data.workerCleanup ?? {};
    if (isCleaned(cleanWorkDir, hasSucceeded)) await removeScratch(files);
    return { outcome, killed };
  }
}

/** The work directory of a job; undefined means that of its output. */
function workDirectory({ workerCleanup, jobID }: TaskData, attemptId: string): string | undefined {
  const directory = workerCleanup && jobsDirectory(workerCleanup);
  return directory === undefined ? undefined : `${directory}/${attemptId}/${jobID}`;
}
