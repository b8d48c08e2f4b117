/**
 * A job from its data to its outcome: prepare, spawn, wait, report.
 *
 * @module
 */

import { decodeTaskData, type TaskData } from "../job/task_data.ts";
import type { TaskOutcome } from "../job/task_outcome.ts";
import type { Exit, ProcessGroup } from "../process/process_group.ts";
import type { ProcessOwner } from "../process/process_owner.ts";
import { getLogger } from "../support/log.ts";
import type { GpuPool } from "./gpu_pool.ts";
import { jobEnvironment } from "./job_environment.ts";
import {
  type OutputFiles,
  prepareOutputFiles,
  standardErrorTail,
} from "../process/output_files.ts";
import type { MemoryCgroup } from "./memory_cgroup.ts";
import type { WorkerCleanup } from "./node_cleanup.ts";

const log = getLogger("executor");

/** The kernel shall end a job rather than the executor of all jobs. */
const OOM_SCORE_INCREASE = 300;

/** What fits into a label without burdening master and agent. */
const MAX_STANDARD_ERROR_TAIL_BYTES = 1024;

const SIGKILL = 9;

/** Puts user scripts in place; see resource/. */
export interface JobDeployment {
  /**
   * The variables that lead a job to its user script, which is there then.
   *
   * @throws {Error} for the user, when it can't be had.
   */
  environmentFor(pickledResource: string): Promise<Record<string, string>>;
  /** Removes everything. */
  clean(): Promise<void>;
}

/** What jobs need of the executor. */
export interface JobRunnerOptions {
  /** The executor's own environment. */
  environment: Readonly<Record<string, string>>;
  /** The sandbox: an absolute path. */
  sandboxDirectory: string;
  /** Where resources go. */
  resourceDirectory: string;
  /** Starts the processes. */
  processes: ProcessOwner;
  /** Deploys user scripts. */
  deployment: JobDeployment;
  /** The GPUs of the node. */
  gpus: GpuPool;
  /** Learns how to clean up. */
  workerCleanup: WorkerCleanup;
  /** Knows who ran out of memory. */
  memory: MemoryCgroup;
}

/** A job that can be spawned at once. */
export interface PreparedJob {
  /** What the scheduler said. */
  data: TaskData;
  /** Where it runs and writes. */
  files: OutputFiles;
  /** Variables that lead to its user script. */
  userScript: Record<string, string>;
}

/** How a job ended. */
export interface JobEnd {
  /** What to tell the scheduler. */
  outcome: TaskOutcome;
  /** Whether {@linkcode Job.kill} ended it. */
  killed: boolean;
}

/** A running job. */
export interface Job {
  /** Settles when no process of the job's session is left. */
  readonly ended: Promise<JobEnd>;
  /** Ends it: SIGTERM, and after so many milliseconds SIGKILL. May be called again. */
  kill(graceMs: number): Promise<void>;
}

/** Runs jobs in this sandbox. */
export class JobRunner {
  readonly #options: JobRunnerOptions;

  /**
   * Has no jobs yet.
   *
   * @param options What jobs need.
   */
  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /**
   * Gets everything ready that takes time.
   *
   * @param taskId Names the job's directory. Mesos lets no id have a slash in it, or be only dots.
   * @param bytes The task's data.
   * @throws {Error} for the user, when the job can't be run.
   */
  async prepare(taskId: string, bytes: Uint8Array): Promise<PreparedJob> {
    const { environment, sandboxDirectory, resourceDirectory, ...options } = this.#options;
    const data = decodeTaskData(bytes);
    if (data.workerCleanup) {
      const places = { TOIL_WORKDIR: sandboxDirectory, ...environment, ...data.environment };
      options.workerCleanup.note(data.workerCleanup, places);
    }
    const files = await prepareOutputFiles(`${sandboxDirectory}/jobs/${taskId}`, data);
    await Deno.mkdir(resourceDirectory, { recursive: true });
    const userScript = data.userScript === undefined
      ? {}
      : await options.deployment.environmentFor(data.userScript);
    return { data, files, userScript };
  }

  /**
   * Starts a job.
   *
   * @throws {Error} for the user, when it can't be started.
   */
  spawn(prepared: PreparedJob): Job {
    const { data, files } = prepared;
    const gpus = this.#options.gpus.acquire(data.gpus ?? 0);
    const oomKillsBefore = this.#options.memory.oomKills();
    const release = () => this.#options.gpus.release(gpus);
    try {
      const group = this.#start(prepared, gpus);
      const ended = group.exited.then((exit) => this.#end(exit, files, oomKillsBefore));
      return { ended: ended.finally(release), kill: (graceMs) => group.kill(graceMs) };
    } catch (error) {
      release();
      throw error;
    }
  }

  #start({ data, files, userScript }: PreparedJob, gpus: readonly number[]): ProcessGroup {
    const { environment: own, sandboxDirectory, resourceDirectory, processes } = this.#options;
    const environment = jobEnvironment({
      own,
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
      ...files,
    });
  }

  async #end(exit: Exit, files: OutputFiles, oomKillsBefore: number): Promise<JobEnd> {
    const { exitStatus, wallTimeSeconds, killed } = exit;
    const outcome: TaskOutcome = { exitStatus, wallTimeSeconds };
    if (exitStatus !== 0 && !killed) {
      outcome.standardErrorTail = await standardErrorTail(files, MAX_STANDARD_ERROR_TAIL_BYTES);
      // A shell says 128 + 9 of a command of its own that was killed.
      const diedOfSigkill = exitStatus === -SIGKILL || exitStatus === 128 + SIGKILL;
      outcome.memoryLimitExceeded = diedOfSigkill &&
        this.#options.memory.oomKills() > oomKillsBefore;
    }
    return { outcome, killed };
  }
}
