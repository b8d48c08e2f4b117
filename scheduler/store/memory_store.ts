/**
 * A store that lasts as long as the process: for runs that are never resumed, and for tests.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { TaskId } from "../../mesos/ids.ts";
import type {
  EndedJobRecord,
  ExecutorRecord,
  FrameworkRecord,
  JobFileRecord,
  JobRecord,
  RequestRecord,
  TaskRecord,
} from "../core/records.ts";
import type { Changes, StoredState } from "../core/change_log.ts";
import type { HistoryQuery, Store } from "./store.ts";

/** How many ended jobs are kept; beyond it, the oldest are forgotten. */
const MAX_HISTORY_IN_MEMORY = 10_000;

/** Keeps copies of the records. */
export class MemoryStore implements Store {
  readonly #maxHistory: number;
  #framework: FrameworkRecord | undefined;
  readonly #jobs = new Map<JobId, JobRecord>();
  readonly #tasks = new Map<TaskId, TaskRecord>();
  readonly #executors = new Map<string, ExecutorRecord>();
  readonly #jobFiles = new Map<string, JobFileRecord>();
  readonly #requests = new Map<string, RequestRecord>();
  readonly #history = new Map<JobId, EndedJobRecord>();

  /**
   * Keeps nothing yet.
   *
   * @param maxHistory How many ended jobs are kept.
   */
  constructor(maxHistory: number = MAX_HISTORY_IN_MEMORY) {
    this.#maxHistory = maxHistory;
  }

  /** Copies of what is kept. */
  load(initial: FrameworkRecord): StoredState {
    return structuredClone({
      framework: this.#framework ?? initial,
      jobs: [...this.#jobs.values()].sort((a, b) => a.jobID - b.jobID),
      tasks: [...this.#tasks.values()],
      executors: [...this.#executors.values()],
      jobFiles: [...this.#jobFiles.values()],
      requests: [...this.#requests.values()],
    });
  }

  /** Keeps copies of what has changed. */
  commit(changes: Changes): void {
    const { framework, jobs, deletedJobIDs, executors, deletedExecutors, jobFiles, ...rest } =
      structuredClone({
        ...changes,
        // What the history would forget at once need not be copied.
        endedJobs: changes.endedJobs.slice(-this.#maxHistory),
      });
    if (framework) this.#framework = framework;
    for (const job of jobs) this.#jobs.set(job.jobID, job);
    for (const jobID of deletedJobIDs) this.#jobs.delete(jobID);
    for (const task of rest.tasks) this.#tasks.set(task.taskId, task);
    for (const taskId of rest.deletedTaskIds) this.#tasks.delete(taskId);
    for (const executor of deletedExecutors) this.#executors.delete(key(executor));
    for (const executor of executors) this.#executors.set(key(executor), executor);
    for (const file of jobFiles) this.#jobFiles.set(file.digest, file);
    for (const job of rest.endedJobs) this.#history.set(job.jobID, job);
    for (const key of rest.deletedRequestKeys) this.#requests.delete(key);
    for (const request of rest.requests) this.#requests.set(request.key, request);
    for (const jobID of this.#history.keys()) {
      if (this.#history.size <= this.#maxHistory) break;
      this.#history.delete(jobID);
    }
  }

  /** A job of the history. */
  endedJob(jobID: JobId): EndedJobRecord | undefined {
    return this.#history.get(jobID);
  }

  /** Jobs of the history by ascending id. */
  findEndedJobs({ after, limit, search }: HistoryQuery): EndedJobRecord[] {
    const isFound = ({ jobID, spec, result }: EndedJobRecord) =>
      jobID > after && (search === undefined || String(jobID) === search ||
        result.node === search || spec.name.includes(search));
    const found = [...this.#history.values()].filter(isFound);
    return found.sort((a, b) => a.jobID - b.jobID).slice(0, limit);
  }

  /** Jobs of the history, the last first. */
  endedJobs(limit: number): EndedJobRecord[] {
    const all = [...this.#history.values()];
    return all.slice(Math.max(0, all.length - limit)).reverse();
  }

  /** Holds nothing. */
  close(): void {}
}

function key({ agentId, role }: ExecutorRecord): string {
  return `${agentId} ${role}`;
}
