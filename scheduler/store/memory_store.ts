/**
 * A store that lasts as long as the process: for runs that are never resumed.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { EndedJobRecord, FrameworkRecord } from "../core/records.ts";
import type { Changes, StoredState } from "../core/change_log.ts";
import type { HistoryQuery, Store } from "./store.ts";

/** How many ended jobs are kept; beyond it, the oldest are forgotten. */
const MAX_HISTORY_IN_MEMORY = 10_000;

/** Keeps the history alone: the scheduler that lives as long holds all other records itself. */
export class MemoryStore implements Store {
  readonly #maxHistory: number;
  readonly #history = new Map<JobId, EndedJobRecord>();

  /**
   * Keeps nothing yet.
   *
   * @param maxHistory How many ended jobs are kept.
   */
  constructor(maxHistory: number = MAX_HISTORY_IN_MEMORY) {
    this.#maxHistory = maxHistory;
  }

  /** What a scheduler starts with that has issued nothing yet. */
  load(framework: FrameworkRecord): StoredState {
    return { framework, jobs: [], tasks: [], executors: [], jobFiles: [], requests: [] };
  }

  /** Keeps the jobs that are done with; their records do not change any more. */
  commit({ endedJobs }: Changes): void {
    for (const job of endedJobs.slice(-this.#maxHistory)) this.#history.set(job.jobID, job);
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
  *findEndedJobs({ after, search }: HistoryQuery): Generator<EndedJobRecord, void, void> {
    const isFound = ({ jobID, spec, result }: EndedJobRecord) =>
      jobID > after && (search === undefined || String(jobID) === search ||
        result.node === search || spec.name.includes(search));
    const found = [...this.#history.values()].filter(isFound);
    yield* found.sort((a, b) => a.jobID - b.jobID);
  }

  /** Jobs of the history, the last first. */
  *endedJobs(): Generator<EndedJobRecord, void, void> {
    yield* [...this.#history.values()].reverse();
  }

  /** Holds nothing. */
  close(): void {}
}
