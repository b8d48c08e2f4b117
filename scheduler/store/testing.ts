/**
 * A store for tests, in which a scheduler finds what an earlier one has left.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { TaskId } from "../../mesos/ids.ts";
import type { Changes, StoredState } from "../core/change_log.ts";
import type {
  ExecutorRecord,
  FrameworkRecord,
  JobFileRecord,
  JobRecord,
  RequestRecord,
  TaskRecord,
} from "../core/records.ts";
import { MemoryStore } from "./memory_store.ts";

/** Keeps copies of all records, as the database does. */
export class CopyingStore extends MemoryStore {
  #framework: FrameworkRecord | undefined;
  readonly #jobs = new Map<JobId, JobRecord>();
  readonly #tasks = new Map<TaskId, TaskRecord>();
  readonly #executors = new Map<string, ExecutorRecord>();
  readonly #jobFiles = new Map<string, JobFileRecord>();
  readonly #requests = new Map<string, RequestRecord>();

  override load(initial: FrameworkRecord): StoredState {
    return structuredClone({
      framework: this.#framework ?? initial,
      jobs: [...this.#jobs.values()].sort((a, b) => a.jobID - b.jobID),
      tasks: [...this.#tasks.values()],
      executors: [...this.#executors.values()],
      jobFiles: [...this.#jobFiles.values()],
      requests: [...this.#requests.values()],
    });
  }

  override commit(changes: Changes): void {
    const copies = structuredClone(changes);
    super.commit(copies);
    if (copies.framework) this.#framework = copies.framework;
    for (const job of copies.jobs) this.#jobs.set(job.jobID, job);
    for (const jobID of copies.deletedJobIDs) this.#jobs.delete(jobID);
    for (const task of copies.tasks) this.#tasks.set(task.taskId, task);
    for (const taskId of copies.deletedTaskIds) this.#tasks.delete(taskId);
    for (const executor of copies.deletedExecutors) this.#executors.delete(key(executor));
    for (const executor of copies.executors) this.#executors.set(key(executor), executor);
    for (const file of copies.jobFiles) this.#jobFiles.set(file.digest, file);
    for (const requestKey of copies.deletedRequestKeys) this.#requests.delete(requestKey);
    for (const request of copies.requests) this.#requests.set(request.key, request);
  }
}

function key({ agentId, role }: ExecutorRecord): string {
  return `${agentId} ${role}`;
}
