/**
 * One task on its node: runs its jobs one after another and reports exactly one terminal update.
 *
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import { decodeTaskData, type JobToRun, type TaskPlan } from "../job/task_data.ts";
import type { ExecutorDriver } from "../mesos/executor.ts";
import type { TaskId } from "../mesos/ids.ts";
import type { KillPolicy, TaskInfo } from "../mesos/wire/messages.ts";
import { UserScriptError } from "../resource/resource_errors.ts";
import type { Clock } from "../support/clock.ts";
import { getLogger } from "../support/log.ts";
import { MEBIBYTE, NANOSECONDS_PER_MS } from "../support/units.ts";
import { advance, type JobList, type ListEffect, type ListInput, newJobList } from "./job_list.ts";
import type { Job, JobRunner, PreparedJob } from "./job_runner.ts";
import type { RunningDelay } from "./running_delay.ts";
import { TaskReporter } from "./task_reporter.ts";

const log = getLogger("executor");

/** The default time between SIGTERM and SIGKILL, without a kill policy. */
const DEFAULT_KILL_GRACE_MS = 5_000;

/** A bundle as a whole may take this many times as long as its jobs were expected to. */
const BUNDLE_PATIENCE = 2;

/** The parts that a task uses. */
export interface TaskRunParts {
  /** Sends updates. */
  readonly driver: Pick<ExecutorDriver, "sendStatusUpdate">;
  /** Runs the jobs. */
  readonly runner: Pick<JobRunner, "prepare" | "spawn" | "discard">;
  /** The time. */
  readonly clock: Pick<Clock, "after" | "now">;
  /** That of the executor. */
  readonly runningDelay: RunningDelay;
  /** Called when an invariant is broken. */
  readonly failed: (error: unknown) => void;
}

/** The time between TERM and KILL. */
export function killGraceMs(policy: KillPolicy | undefined): number {
  const grace = policy?.grace_period;
  return grace ? grace.nanoseconds / NANOSECONDS_PER_MS : DEFAULT_KILL_GRACE_MS;
}

/** A task between its launch and its end. */
export class TaskRun {
  /** Resolves when the last job has ended. */
  readonly ended: Promise<void>;
  readonly #info: TaskInfo;
  readonly #parts: TaskRunParts;
  readonly #plan: TaskPlan | Error;
  readonly #jobs: ReadonlyMap<JobId, JobToRun>;
  readonly #reporter: TaskReporter;
  readonly #end = Promise.withResolvers<void>();
  #list: JobList;
  #job: Job | undefined;
  /** When the agent had the first update. */
  #begunMs: number | undefined;
  #cancelPatience: (() => void) | undefined;
  #isStopped = false;

  /**
   * A task that was launched and has not begun; call `begin`.
   *
   * @param info As the agent launched it.
   * @param parts What it uses.
   */
  constructor(info: TaskInfo, parts: TaskRunParts) {
    this.#info = info;
    this.#parts = parts;
    this.ended = this.#end.promise;
    this.#plan = planOf(info);
    const jobs = this.#plan instanceof Error ? [] : this.#plan.jobs;
    this.#jobs = new Map(jobs.map((job) => [job.jobID, job]));
    this.#list = newJobList([...this.#jobs.keys()]);
    this.#reporter = new TaskReporter({
      taskId: info.task_id,
      isBundle: jobs.length > 1,
      send: (update) => this.#send(update),
      clock: parts.clock,
      runningDelay: parts.runningDelay,
    });
  }

  /** Its id. */
  get taskId(): TaskId {
    return this.#info.task_id.value;
  }

  /** Whether a command of it runs. */
  get isRunning(): boolean {
    return this.#job !== undefined;
  }

  /** The time between TERM and KILL that it was launched with. */
  get killGraceMs(): number {
    return killGraceMs(this.#info.kill_policy);
  }

  /**
   * Begins the first job. Nothing is begun before the agent has an update of the task: a task
   * without any update has run nothing, and can be relaunched safely when its executor ends.
   */
  begin(): void {
    const taken = this.#reporter.starting();
    if (this.#plan instanceof Error) {
      this.#reporter.invalid(this.#plan.message);
      this.#finish();
      return;
    }
    taken.then(() => {
      this.#begunMs = this.#parts.clock.now();
      const { current } = this.#list;
      if (!this.#isStopped && current !== undefined) this.#beginJob(current);
    }).catch(this.#parts.failed);
  }

  /** Kills all jobs: SIGTERM, and after `graceMs` SIGKILL. */
  kill(graceMs: number): void {
    this.#apply({ type: "KILL", graceMs });
  }

  /** Kills some of its jobs; others are ignored. */
  killJobs(jobIDs: readonly JobId[], graceMs: number): void {
    this.#apply({ type: "KILL_JOBS", jobIDs, graceMs });
  }

  /** Does and says nothing more: all processes are being killed. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelPatience?.();
    this.#reporter.stop();
  }

  #send(update: Parameters<ExecutorDriver["sendStatusUpdate"]>[0]): Promise<void> {
    const { state } = update;
    if (state !== "TASK_STARTING") {
      log.info("Task {taskId} is {state}", { taskId: this.taskId, state });
    }
    return this.#parts.driver.sendStatusUpdate(update);
  }

  #apply(input: ListInput): void {
    // Mesos reports the end of the tasks of a failed executor.
    if (this.#isStopped) return;
    const { list, effects } = advance(this.#list, input);
    this.#list = list;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: ListEffect): void {
    switch (effect.type) {
      case "BEGIN":
        // Otherwise the one before was killed while the agent did not know of the task.
        if (this.#begunMs !== undefined) this.#beginJob(effect.jobID);
        return;
      case "RUNS":
        return this.#reporter.runs(effect.jobID);
      case "KILL":
        this.#job?.kill(effect.graceMs).catch(this.#parts.failed);
        return;
      case "ENDED":
        return this.#reporter.ended(effect.jobID, effect.state, effect.outcome);
      case "GIVEN_BACK":
        log.info("Task {taskId} gives back {count} jobs: those before take too long", {
          taskId: this.taskId,
          count: effect.jobIDs.length,
        });
        return this.#reporter.givenBack(effect.jobIDs);
      case "OVER":
        this.#reporter.over(effect.isKilled);
        return this.#finish();
    }
  }

  #finish(): void {
    this.#cancelPatience?.();
    this.#end.resolve();
  }

  #beginJob(jobID: JobId): void {
    this.#limitWait();
    this.#run(jobID).catch(this.#parts.failed);
  }

  /** Gives back the jobs behind one that takes long, or behind many that do. */
  #limitWait(): void {
    this.#cancelPatience?.();
    const { bundleMs } = this.#plan instanceof Error ? {} : this.#plan;
    if (bundleMs === undefined || this.#list.waiting.length === 0) return;
    const { clock } = this.#parts;
    const leftMs = (this.#begunMs ?? clock.now()) + BUNDLE_PATIENCE * bundleMs - clock.now();
    const patienceMs = Math.max(0, Math.min(bundleMs, leftMs));
    this.#cancelPatience = clock.after(patienceMs, () => this.#apply({ type: "GIVE_BACK" }));
  }

  async #run(jobID: JobId): Promise<void> {
    const data = this.#jobs.get(jobID);
    if (!data) throw new Error(`Cannot run job ${jobID}: it is not of task ${this.taskId}`);
    const { runner } = this.#parts;
    const isOver = () => this.#isStopped || this.#list.current !== jobID;
    let prepared: PreparedJob | undefined;
    let job: Job;
    try {
      prepared = await runner.prepare(data.attemptId ?? this.taskId, data);
      // Killed meanwhile. From here to the start of the job everything is synchronous.
      if (isOver()) return await runner.discard(prepared);
      job = runner.spawn(prepared, {
        killGraceMs: this.killGraceMs,
        memoryBytes: memoryBytes(this.#info),
      });
    } catch (error) {
      if (prepared) await runner.discard(prepared);
      log.warn("Cannot start job {jobID} of task {taskId}: {error}", {
        jobID,
        taskId: this.taskId,
        error,
      });
      const reason = error instanceof Error ? error.message : String(error);
      const isUndeployed = error instanceof UserScriptError;
      this.#applyToJob(jobID, { type: "NOT_STARTED", outcome: { reason, isUndeployed } });
      return;
    }
    this.#job = job;
    this.#applyToJob(jobID, { type: "SPAWNED" });
    const { outcome, killed } = await job.ended;
    this.#job = undefined;
    if (!killed) this.#parts.runningDelay.ended(outcome);
    this.#applyToJob(jobID, { type: "EXITED", outcome, killed });
  }

  #applyToJob(jobID: JobId, input: Extract<ListInput, { type: "JOB" }>["input"]): void {
    this.#apply({ type: "JOB", jobID, input });
  }
}

function planOf({ data = new Uint8Array() }: TaskInfo): TaskPlan | Error {
  try {
    return decodeTaskData(data);
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
}

function memoryBytes({ resources = [] }: TaskInfo): number | undefined {
  const entries = resources.filter(({ name }) => name === "mem");
  if (entries.length === 0) return undefined;
  return entries.reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0) * MEBIBYTE;
}
