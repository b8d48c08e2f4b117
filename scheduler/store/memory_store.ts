/**
 * A store that lasts as long as the process: for runs that nobody wants to resume, and for tests.
 *
 * @module
 */

import type { ExecutorRecord, FrameworkRecord, JobFileRecord, JobRecord } from "../core/records.ts";
import type { Changes, StoredState } from "../core/scheduler_state.ts";
import type { Store } from "./store.ts";

/** Keeps copies of the records. */
export class MemoryStore implements Store {
  #framework: FrameworkRecord | undefined;
  readonly #jobs = new Map<number, JobRecord>();
  readonly #executors = new Map<string, ExecutorRecord>();
  readonly #jobFiles = new Map<string, JobFileRecord>();

  /** Copies of what is kept. */
  load(initial: FrameworkRecord): StoredState {
    return structuredClone({
      framework: this.#framework ?? initial,
      jobs: [...this.#jobs.values()].sort((a, b) => a.jobID - b.jobID),
      executors: [...this.#executors.values()],
      jobFiles: [...this.#jobFiles.values()],
    });
  }

  /** Keeps copies of what has changed. */
  commit(changes: Changes): void {
    const { framework, jobs, deletedJobIDs, executors, deletedExecutors, jobFiles } =
      structuredClone(changes);
    if (framework) this.#framework = framework;
    for (const job of jobs) this.#jobs.set(job.jobID, job);
    for (const jobID of deletedJobIDs) this.#jobs.delete(jobID);
    for (const executor of deletedExecutors) this.#executors.delete(key(executor));
    for (const executor of executors) this.#executors.set(key(executor), executor);
    for (const file of jobFiles) this.#jobFiles.set(file.digest, file);
  }

  /** Holds nothing. */
  close(): void {}
}

function key({ agentId, role }: ExecutorRecord): string {
  return `${agentId} ${role}`;
}
