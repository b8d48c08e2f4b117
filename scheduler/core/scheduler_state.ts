/**
 * The state of the scheduler: the records, which survive a restart, and what is derived from them
 * or learnt anew. Changes of records are noted, so that a loop turn commits what it touched and no
 * more. Pure.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { AgentId, TaskId } from "../../mesos/ids.ts";
import type { TaskStatus } from "../../mesos/wire/messages.ts";
import { WallTimes } from "./bundle_sizes.ts";
import { ChangeLog, type Changes, type StoredState } from "./change_log.ts";
import { MAX_ACCEPT_BYTES } from "./launch_sizes.ts";
import { JobQueue } from "./job_queue.ts";
import type {
  AgentRecord,
  BatchJobResult,
  ExecutorRecord,
  FrameworkRecord,
  JobFileRecord,
  JobRecord,
  RequestRecord,
  TaskRecord,
} from "./records.ts";
import type { Reservation } from "./offer_matcher.ts";
import type { Signs } from "./signs_of_life.ts";
import { lessCpus } from "./executor_share.ts";
import { totalOf } from "./offered_resources.ts";
import { add, NOTHING, type Quantities, type Shape, shapeKey } from "./quantities.ts";
import { Demand } from "./offer_demand.ts";
import type { Adoption } from "./restored_state.ts";
import type { SilentLaunch } from "./silent_launches.ts";
import { Reconciliation } from "./reconciliation.ts";
import { StrayTasks } from "./stray_tasks.ts";

/** How many requests are remembered: a client repeats one within minutes, if at all. */
export const MAX_REQUESTS = 10_000;

/** When something is said again that got no answer. */
export interface Retry {
  /** When to try next. */
  nextMs: number;
  /** How long to wait after that. */
  delayMs: number;
}

/** Everything that the logic knows. */
export class SchedulerState {
  /** The framework. Change it through `frameworkChanged`. */
  readonly framework: FrameworkRecord;
  /** Every job that is not done with, by id. */
  readonly jobs = new Map<JobId, JobRecord>();
  /** The tasks of these jobs, by id. */
  readonly tasks = new Map<TaskId, TaskRecord>();
  /** Executors by agent, then by role. */
  readonly executors = new Map<AgentId, Map<string, ExecutorRecord>>();
  /** Job files by digest. */
  readonly jobFiles = new Map<string, JobFileRecord>();
  /** Requests by key, oldest first. */
  readonly requests = new Map<string, RequestRecord>();

  /** Jobs that wait for an offer. */
  readonly queue = new JobQueue();
  /** Local jobs that wait, in order. */
  readonly localQueue = new Set<JobId>();
  /** Local jobs that run. */
  readonly localRunning = new Set<JobId>();
  /** Tasks by agent. */
  readonly tasksByAgent = new Map<AgentId, Set<TaskRecord>>();
  /** Jobs whose result is not delivered yet, in the order of their end. */
  readonly undelivered = new Set<JobId>();
  /** What is known of the agents. */
  readonly agents = new Map<AgentId, AgentRecord>();
  /** Tasks of which something is to be killed, until that is confirmed. */
  readonly kills = new Map<TaskId, Retry>();
  /** When tasks that are UNREACHABLE or SETTLING are given up. */
  readonly deadlines = new Map<TaskId, number>();
  /** Tasks without a word of an executor, in the order in which to ask about them. */
  readonly silentLaunches = new Map<TaskId, SilentLaunch>();
  /** Tasks whose launch the master has refused in this subscription, until Mesos says whether they
   * exist: a call that arrived twice is refused the second time. */
  readonly dropped = new Map<TaskId, TaskStatus>();
  /** Tasks that no job has. */
  readonly strays = new StrayTasks();
  /** When each executor was last heard. */
  readonly signs: Signs = new Map();
  /** Where the state was restored: the wait for what Mesos says about all its tasks. */
  adoption: Adoption | undefined;
  /** Results that were reported before the state was restored, of jobs that are not issued yet. */
  readonly reportedAhead = new Map<JobId, BatchJobResult>();
  /** Whether jobs that a restored state lacks are issued once more, in the same order. */
  reissues = true;
  /** How long jobs run. */
  readonly wallTimes = new WallTimes();
  /** Whether we want offers. */
  readonly demand = new Demand();
  /** Which tasks we have asked about. */
  readonly reconciliation = new Reconciliation();
  /** Whether this process has taken the state over: nothing is started before. */
  started = false;
  /** Whether there is a subscription. */
  connected = false;
  /** Whether this process is about to leave, so that nothing new is started. */
  stopping = false;
  /** Whether all tasks are to be killed, although their jobs are not. */
  endsTasks = false;
  /** How large an ACCEPT may be: less than the bound once a smaller one was refused. */
  maxAcceptBytes: number = MAX_ACCEPT_BYTES;
  /** The user script for jobs launched from now on, pickled. */
  userScript: string | undefined;
  /** The agent that is kept free for a large job. */
  reservation: Reservation | undefined;
  /** When starving jobs were last logged. */
  starvingToldMs = 0;
  /** The message then. */
  starvingTold = "";

  readonly #changes = new ChangeLog();
  /** How many tasks on Mesos there are of each shape. */
  readonly #tasksByShape = new Map<string, number>();

  /**
   * The state as it was stored.
   *
   * @param stored Taken over: the caller must not change it any more.
   * @param nowMs The time.
   */
  constructor(stored: StoredState, nowMs: number) {
    this.framework = stored.framework;
    for (const executor of stored.executors) this.#indexExecutor(executor);
    for (const file of stored.jobFiles) this.jobFiles.set(file.digest, file);
    for (const request of stored.requests) this.requests.set(request.key, request);
    this.#indexResults(stored.jobs);
    for (const job of stored.jobs) {
      this.jobs.set(job.jobID, job);
      if (!job.result && job.taskId === undefined) this.enqueue(job, nowMs);
    }
    for (const task of stored.tasks) {
      this.#indexTask(task);
      const isToKill = task.abandonedJobIDs?.length ||
        task.jobIDs.some((jobID) => this.job(jobID).killRequested);
      if (isToKill) this.kills.set(task.taskId, { nextMs: nowMs, delayMs: 0 });
    }
  }

  /** The task that is the present attempt at a job, if there is one. */
  taskOf(job: JobRecord): TaskRecord | undefined {
    return job.taskId === undefined ? undefined : this.tasks.get(job.taskId);
  }

  /** The jobs of a task that have not ended, in the order in which they are run. */
  jobsOf(task: TaskRecord): JobRecord[] {
    return task.jobIDs.map((jobID) => this.job(jobID));
  }

  /** Whether it is a task of local jobs. */
  isLocal(task: TaskRecord): boolean {
    return this.firstJob(task).spec.local;
  }

  /** The job of a task that has its turn; all of them have the same shape. */
  firstJob({ jobIDs }: TaskRecord): JobRecord {
    return this.job(jobIDs[0] ?? NaN);
  }

  /**
   * A job that an index names.
   *
   * @throws {Error} when there is none: indexes and records have come apart.
   */
  job(jobID: JobId): JobRecord {
    const job = this.jobs.get(jobID);
    if (!job) throw new Error(`Cannot find job ${jobID}: an index names a job that is not stored`);
    return job;
  }

  /** Puts a job into its queue, behind the others. True when no other of its shape waited. */
  enqueue(job: JobRecord, nowMs: number): boolean {
    if (job.spec.local) {
      this.localQueue.add(job.jobID);
      return false;
    }
    return this.queue.push({ jobID: job.jobID, shape: job.spec.shape }, nowMs);
  }

  /** A new job. */
  addJob(job: JobRecord): void {
    this.jobs.set(job.jobID, job);
    this.jobChanged(job);
  }

  /** A task that is new, or has other jobs now: an attempt at each of them. */
  addTask(task: TaskRecord): void {
    for (const job of this.jobsOf(task)) {
      job.taskId = task.taskId;
      this.jobChanged(job);
    }
    this.#indexTask(task);
    this.taskChanged(task);
  }

  /** Takes a job from its task, which ends with its last job. */
  clearTask(job: JobRecord): void {
    const task = this.taskOf(job);
    if (!task) return;
    job.taskId = undefined;
    this.jobChanged(job);
    if (task.jobIDs.length === 1) return this.#deleteTask(task);
    // Who comes next has not been seen to run.
    if (task.jobIDs[0] === job.jobID) task.startedAtMs = undefined;
    task.jobIDs = task.jobIDs.filter((jobID) => jobID !== job.jobID);
    this.taskChanged(task);
  }

  #deleteTask(task: TaskRecord): void {
    const { taskId, agentId, jobIDs } = task;
    this.#countTask(task, -1);
    for (const jobID of jobIDs) this.localRunning.delete(jobID);
    task.jobIDs = [];
    this.tasks.delete(taskId);
    this.kills.delete(taskId);
    this.deadlines.delete(taskId);
    this.silentLaunches.delete(taskId);
    this.dropped.delete(taskId);
    this.reconciliation.answered(taskId);
    const tasks = this.tasksByAgent.get(agentId);
    tasks?.delete(task);
    if (tasks?.size === 0) this.tasksByAgent.delete(agentId);
    this.#changes.tasks.delete(task);
    this.#changes.deletedTaskIds.add(taskId);
  }

  /** Forgets a job: it is done with. */
  deleteJob(job: JobRecord): void {
    this.clearTask(job);
    this.jobs.delete(job.jobID);
    this.undelivered.delete(job.jobID);
    this.#changes.jobs.delete(job);
    this.#changes.deletedJobIDs.add(job.jobID);
  }

  /** A job has ended: its result waits to be taken, behind the others. */
  addResult(job: JobRecord, result: BatchJobResult): void {
    const number = this.framework.nextResultNumber ?? 1;
    this.framework.nextResultNumber = number + 1;
    this.frameworkChanged();
    job.result = result;
    job.resultNumber = number;
    this.undelivered.add(job.jobID);
    this.jobChanged(job);
  }

  /** Moves a job to the history: it is done with. */
  endJob(job: JobRecord, result: BatchJobResult): void {
    this.deleteJob(job);
    const { environment: _secret, ...spec } = job.spec;
    const { jobID, issuedAtMs, attempt, pastTasks = [] } = job;
    this.#changes.endedJobs.add({ jobID, spec, issuedAtMs, attempt, pastTasks, result });
  }

  /** Remembers a request, and no more of them than there is room for. */
  addRequest(request: RequestRecord): void {
    this.requests.set(request.key, request);
    this.#changes.requests.add(request);
    if (this.requests.size <= MAX_REQUESTS) return;
    for (const [key, oldest] of this.requests) {
      this.requests.delete(key);
      this.#changes.requests.delete(oldest);
      this.#changes.deletedRequestKeys.add(key);
      return;
    }
  }

  /** Remembers an executor. */
  setExecutor(executor: ExecutorRecord): void {
    this.#indexExecutor(executor);
    this.#changes.deletedExecutors.delete(executor);
    this.#changes.executors.add(executor);
  }

  /** Forgets those executors of an agent that the condition holds for. */
  deleteExecutors(agentId: AgentId, condition: (executor: ExecutorRecord) => boolean): void {
    const ofAgent = this.executors.get(agentId);
    for (const executor of ofAgent?.values() ?? []) {
      if (!condition(executor)) continue;
      ofAgent?.delete(executor.role);
      this.#changes.executors.delete(executor);
      this.#changes.deletedExecutors.add(executor);
    }
    if (ofAgent?.size === 0) this.executors.delete(agentId);
  }

  /** Notes that a job's record has changed. */
  jobChanged(job: JobRecord): void {
    this.#changes.jobs.add(job);
  }

  /** Notes that a task's record has changed. */
  taskChanged(task: TaskRecord): void {
    this.#changes.tasks.add(task);
  }

  /** Notes that the framework's record has changed. */
  frameworkChanged(): void {
    this.#changes.hasFramework = true;
  }

  /** Remembers how far a job file has come. */
  setJobFile(file: JobFileRecord): void {
    this.jobFiles.set(file.digest, file);
    this.#changes.jobFiles.set(file.digest, file);
  }

  /** What the jobs that we run on an agent asked for. */
  requestedOn(agentId: AgentId): Quantities {
    let requested = NOTHING;
    for (const task of this.tasksByAgent.get(agentId) ?? []) {
      requested = add(requested, this.firstJob(task).spec.shape);
    }
    return requested;
  }

  /** What our tasks and executors on an agent hold. */
  usedOn(agentId: AgentId): Quantities {
    let used = NOTHING;
    for (const { resources } of this.executors.get(agentId)?.values() ?? []) {
      used = add(used, totalOf(resources));
    }
    for (const task of this.tasksByAgent.get(agentId) ?? []) {
      used = add(used, lessCpus(this.firstJob(task).spec.shape, task.borrowedCpusMilli ?? 0));
    }
    return used;
  }

  /** Thousandths of a cpu that an executor can lend to another task. */
  lendableCpusMilli({ agentId, executorId, resources }: ExecutorRecord): number {
    let lendable = totalOf(resources).cpusMilli;
    for (const task of this.tasksByAgent.get(agentId) ?? []) {
      if (task.executorId === executorId) lendable -= task.borrowedCpusMilli ?? 0;
    }
    return Math.max(0, lendable);
  }

  /** What has changed since the last call; undefined when nothing has. */
  takeChanges(): Changes | undefined {
    return this.#changes.take(this.framework);
  }

  /** Results of earlier versions have no number: they get theirs now. */
  #indexResults(jobs: readonly JobRecord[]): void {
    const numberOf = ({ resultNumber }: JobRecord) => resultNumber ?? Infinity;
    const ended = jobs.filter(({ result }) => result).sort((a, b) =>
      numberOf(a) === numberOf(b) ? a.jobID - b.jobID : numberOf(a) - numberOf(b)
    );
    for (const job of ended) {
      if (job.resultNumber === undefined && job.result) this.addResult(job, job.result);
      else this.undelivered.add(job.jobID);
    }
  }

  #indexExecutor(executor: ExecutorRecord): void {
    const ofAgent = this.executors.get(executor.agentId) ?? new Map();
    this.executors.set(executor.agentId, ofAgent.set(executor.role, executor));
  }

  #indexTask(task: TaskRecord): void {
    this.tasks.set(task.taskId, task);
    if (this.isLocal(task)) {
      for (const jobID of task.jobIDs) this.localRunning.add(jobID);
      return;
    }
    const tasks = this.tasksByAgent.get(task.agentId) ?? new Set();
    if (!tasks.has(task)) this.#countTask(task, 1);
    this.tasksByAgent.set(task.agentId, tasks.add(task));
  }

  /** How many tasks on Mesos have this shape. */
  tasksOf(shape: Shape): number {
    return this.#tasksByShape.get(shapeKey(shape)) ?? 0;
  }

  #countTask(task: TaskRecord, change: 1 | -1): void {
    const { spec: { shape, local } } = this.firstJob(task);
    if (local) return;
    const count = this.tasksOf(shape) + change;
    if (count > 0) this.#tasksByShape.set(shapeKey(shape), count);
    else this.#tasksByShape.delete(shapeKey(shape));
  }
}
