/**
 * The state of the scheduler: the records, which survive a restart, and what is derived from them
 * or learnt anew. Changes of records are noted, so that a loop turn commits what it touched and no
 * more. Pure.
 *
 * @module
 */

import type { TaskStatus } from "../../mesos/wire/messages.ts";
import { MAX_ACCEPT_BYTES } from "./launch_sizes.ts";
import { JobQueue } from "./job_queue.ts";
import type {
  AgentRecord,
  BatchJobResult,
  EndedJobRecord,
  ExecutorRecord,
  FrameworkRecord,
  JobFileRecord,
  JobRecord,
  RequestRecord,
  TaskRecord,
} from "./records.ts";
import type { Reservation } from "./offer_matcher.ts";
import type { Sign } from "./signs_of_life.ts";
import { lessCpus } from "./executor_share.ts";
import { totalOf } from "./offered_resources.ts";
import { add, NOTHING, type Quantities } from "./quantities.ts";
import { Demand } from "./offer_demand.ts";
import type { Adoption } from "./restored_state.ts";
import type { SilentLaunch } from "./silent_launches.ts";
import { Reconciliation } from "./reconciliation.ts";
import { StrayTasks } from "./stray_tasks.ts";

/** What a store keeps. */
export interface StoredState {
  /** The framework. */
  framework: FrameworkRecord;
  /** Jobs from their issue until their result is delivered, by ascending id. */
  jobs: JobRecord[];
  /** Executors we know of. */
  executors: ExecutorRecord[];
  /** Job files that were begun. */
  jobFiles: JobFileRecord[];
  /** Requests that named themselves, oldest first. */
  requests: RequestRecord[];
}

/** What a loop turn has changed. Records are the live ones: a store copies what it keeps. */
export interface Changes {
  /** The framework, if it changed. */
  framework?: FrameworkRecord;
  /** Jobs that are new or changed. */
  jobs: JobRecord[];
  /** Ids of jobs that are done with. */
  deletedJobIDs: number[];
  /** Executors that are new or changed. */
  executors: ExecutorRecord[];
  /** Executors that are gone. */
  deletedExecutors: ExecutorRecord[];
  /** Job files that are new or changed. */
  jobFiles: JobFileRecord[];
  /** Jobs that are done with, for the history. */
  endedJobs: EndedJobRecord[];
  /** Requests that are new. */
  requests: RequestRecord[];
  /** Keys of requests that are forgotten. */
  deletedRequestKeys: string[];
}

/** So many requests are remembered: a client repeats one within minutes, if at all. */
export const MAX_REQUESTS = 10_000;

/** When an attempt's phase ends by itself. */
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
  readonly jobs = new Map<number, JobRecord>();
  /** Executors by agent, then by role. */
  readonly executors = new Map<string, Map<string, ExecutorRecord>>();
  /** Job files by digest. */
  readonly jobFiles = new Map<string, JobFileRecord>();
  /** Requests by key, oldest first. */
  readonly requests = new Map<string, RequestRecord>();

  /** Jobs that wait for an offer. */
  readonly queue = new JobQueue();
  /** Local jobs that wait, in order. */
  readonly localQueue = new Set<number>();
  /** Local jobs that run. */
  readonly localRunning = new Set<number>();
  /** Jobs with a live attempt, by agent. */
  readonly jobsByAgent = new Map<string, Set<number>>();
  /** Jobs whose result is not delivered yet, in the order of their end. */
  readonly undelivered = new Set<number>();
  /** What is known of the agents. */
  readonly agents = new Map<string, AgentRecord>();
  /** Kills that are not confirmed yet, by job. */
  readonly kills = new Map<number, Retry>();
  /** When attempts that are UNREACHABLE or SETTLING are given up, by job. */
  readonly deadlines = new Map<number, number>();
  /** Launches without a word of an executor, by job, in the order in which to ask about them. */
  readonly silentLaunches = new Map<number, SilentLaunch>();
  /** Launches that the master has refused in this subscription, until Mesos says whether their tasks
   * exist: a call that arrived twice is refused the second time. */
  readonly dropped = new Map<number, TaskStatus>();
  /** Tasks that no job has. */
  readonly strays = new StrayTasks();
  /** When each executor was last heard. */
  readonly signs = new Map<string, Sign>();
  /** Where the state was restored: the wait for what Mesos says about all its tasks. */
  adoption: Adoption | undefined;
  /** Results that were reported before the state was restored, of jobs that are not issued yet. */
  readonly reportedAhead = new Map<number, BatchJobResult>();
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
  /** How large an ACCEPT may be: less than the bound once a smaller one was refused. */
  maxAcceptBytes: number = MAX_ACCEPT_BYTES;
  /** The user script for jobs launched from now on, pickled. */
  userScript: string | undefined;
  /** The agent that is kept free for a large job. */
  reservation: Reservation | undefined;
  /** When users were last told that jobs starve. */
  starvingToldMs = 0;
  /** What they were told then. */
  starvingTold = "";

  readonly #changedJobs = new Set<number>();
  readonly #deletedJobs = new Set<number>();
  readonly #changedExecutors = new Set<ExecutorRecord>();
  readonly #deletedExecutors = new Set<ExecutorRecord>();
  readonly #changedFiles = new Set<string>();
  readonly #endedJobs = new Set<EndedJobRecord>();
  readonly #newRequests = new Set<string>();
  readonly #deletedRequests = new Set<string>();
  #frameworkChanged = false;

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
      if (job.result) continue;
      if (job.task) this.#indexTask(job, job.task);
      else this.enqueue(job, nowMs);
      if (job.killRequested) this.kills.set(job.jobID, { nextMs: nowMs, delayMs: 0 });
    }
  }

  /**
   * A job that an index names.
   *
   * @throws {Error} when there is none: indexes and records have come apart.
   */
  job(jobID: number): JobRecord {
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

  /** Gives a job its attempt. */
  setTask(job: JobRecord, task: TaskRecord): void {
    job.task = task;
    this.#indexTask(job, task);
    this.jobChanged(job);
  }

  /** Takes the attempt from a job. */
  clearTask(job: JobRecord): void {
    const { task } = job;
    if (!task) return;
    job.task = undefined;
    this.localRunning.delete(job.jobID);
    this.deadlines.delete(job.jobID);
    this.silentLaunches.delete(job.jobID);
    this.dropped.delete(job.jobID);
    this.reconciliation.answered(task.taskId);
    const jobs = this.jobsByAgent.get(task.agentId);
    jobs?.delete(job.jobID);
    if (jobs?.size === 0) this.jobsByAgent.delete(task.agentId);
    this.jobChanged(job);
  }

  /** Forgets a job: it is done with. */
  deleteJob(job: JobRecord): void {
    this.clearTask(job);
    this.jobs.delete(job.jobID);
    this.undelivered.delete(job.jobID);
    this.kills.delete(job.jobID);
    this.#changedJobs.delete(job.jobID);
    this.#deletedJobs.add(job.jobID);
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
    this.#endedJobs.add({ jobID, spec, issuedAtMs, attempt, pastTasks, result });
  }

  /** Remembers a request, and no more of them than there is room for. */
  addRequest(request: RequestRecord): void {
    this.requests.set(request.key, request);
    this.#newRequests.add(request.key);
    if (this.requests.size <= MAX_REQUESTS) return;
    for (const key of this.requests.keys()) {
      this.requests.delete(key);
      this.#deletedRequests.add(key);
      return;
    }
  }

  /** Remembers an executor. */
  setExecutor(executor: ExecutorRecord): void {
    this.#indexExecutor(executor);
    this.#deletedExecutors.delete(executor);
    this.#changedExecutors.add(executor);
  }

  /** Forgets those executors of an agent that the condition holds for. */
  deleteExecutors(agentId: string, condition: (executor: ExecutorRecord) => boolean): void {
    const ofAgent = this.executors.get(agentId);
    for (const executor of ofAgent?.values() ?? []) {
      if (!condition(executor)) continue;
      ofAgent?.delete(executor.role);
      this.#changedExecutors.delete(executor);
      this.#deletedExecutors.add(executor);
    }
    if (ofAgent?.size === 0) this.executors.delete(agentId);
  }

  /** Notes that a job's record has changed. */
  jobChanged(job: JobRecord): void {
    this.#changedJobs.add(job.jobID);
  }

  /** Notes that the framework's record has changed. */
  frameworkChanged(): void {
    this.#frameworkChanged = true;
  }

  /** Remembers how far a job file has come. */
  setJobFile(file: JobFileRecord): void {
    this.jobFiles.set(file.digest, file);
    this.#changedFiles.add(file.digest);
  }

  /** What our jobs on an agent asked for. */
  requestedOn(agentId: string): Quantities {
    let requested = NOTHING;
    for (const { spec } of this.#jobsOn(agentId)) requested = add(requested, spec.shape);
    return requested;
  }

  /** What our tasks and executors on an agent hold. */
  usedOn(agentId: string): Quantities {
    let used = NOTHING;
    for (const { resources } of this.executors.get(agentId)?.values() ?? []) {
      used = add(used, totalOf(resources));
    }
    for (const { spec, task } of this.#jobsOn(agentId)) {
      used = add(used, lessCpus(spec.shape, task?.borrowedCpusMilli ?? 0));
    }
    return used;
  }

  /** Thousandths of a cpu that an executor can lend to another task. */
  lendableCpusMilli({ agentId, executorId, resources }: ExecutorRecord): number {
    let lendable = totalOf(resources).cpusMilli;
    for (const { task } of this.#jobsOn(agentId)) {
      if (task?.executorId === executorId) lendable -= task.borrowedCpusMilli ?? 0;
    }
    return Math.max(0, lendable);
  }

  *#jobsOn(agentId: string): Generator<JobRecord> {
    for (const jobID of this.jobsByAgent.get(agentId) ?? []) {
      const job = this.jobs.get(jobID);
      if (job) yield job;
    }
  }

  /** What has changed since the last call; undefined when nothing has. */
  takeChanges(): Changes | undefined {
    const sets = [
      this.#changedJobs,
      this.#deletedJobs,
      this.#changedExecutors,
      this.#deletedExecutors,
      this.#changedFiles,
      this.#endedJobs,
      this.#newRequests,
      this.#deletedRequests,
    ];
    if (!this.#frameworkChanged && sets.every((set) => set.size === 0)) return undefined;
    const changes: Changes = {
      ...(this.#frameworkChanged ? { framework: this.framework } : {}),
      jobs: present(this.jobs, this.#changedJobs),
      deletedJobIDs: [...this.#deletedJobs],
      executors: [...this.#changedExecutors],
      deletedExecutors: [...this.#deletedExecutors],
      jobFiles: present(this.jobFiles, this.#changedFiles),
      endedJobs: [...this.#endedJobs],
      requests: present(this.requests, this.#newRequests),
      deletedRequestKeys: [...this.#deletedRequests],
    };
    this.#frameworkChanged = false;
    for (const set of sets) set.clear();
    return changes;
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

  #indexTask(job: JobRecord, task: TaskRecord): void {
    if (job.spec.local) {
      this.localRunning.add(job.jobID);
      return;
    }
    const jobs = this.jobsByAgent.get(task.agentId) ?? new Set();
    this.jobsByAgent.set(task.agentId, jobs.add(job.jobID));
  }
}

function present<K, V>(records: ReadonlyMap<K, V>, keys: Iterable<K>): V[] {
  const found: V[] = [];
  for (const key of keys) {
    const record = records.get(key);
    if (record !== undefined) found.push(record);
  }
  return found;
}
