/**
 * The scheduler's store: its process may die between any two of its steps, and its files may be
 * exchanged for an older copy. What tells the difference is the file that counts the commits.
 *
 * @module
 */

import type { EndedJobRecord, FrameworkRecord } from "../../scheduler/core/records.ts";
import type { Changes, StoredState } from "../../scheduler/core/change_log.ts";
import { findLoss } from "../../scheduler/store/commit_mark.ts";
import { CopyingStore } from "../../scheduler/store/testing.ts";
import type { HistoryQuery, Store } from "../../scheduler/store/store.ts";
import { newFramework } from "../../scheduler/testing.ts";

const INODE = 1;

/** What the store tells those who watch it. */
export interface StoreWatcher {
  /** Called before each commit; throws where the process dies. */
  mayDie(): void;
  /** A job is deleted: its result is delivered, or it was killed. */
  forgotten(jobID: number): void;
  /** A commit that deleted this job is lost. */
  remembered(jobID: number): void;
}

/** Mistakes of a store, to see whether the simulation finds them. */
export interface StoreBugs {
  /** What is committed is written with the next commit only. */
  readonly writesLate: boolean;
  /** Changes what is read. */
  readonly misreads: (stored: StoredState) => void;
}

/** A store over all lives of its process. */
export class SimStore implements Store {
  readonly #watcher: StoreWatcher;
  readonly #bugs: StoreBugs;
  #content = new CopyingStore();
  readonly #commits: Changes[] = [];
  /** Commits that the copy in use lacks, the oldest first. */
  #lost: Changes[] = [];
  /** Whether they are given up by the next commit: the file that counts tells of them until then. */
  #isAccepted = false;
  /** Jobs whose deletion was given up with them. */
  readonly #remembered = new Set<number>();
  #late: Changes | undefined;

  constructor(watcher: StoreWatcher, bugs: StoreBugs) {
    this.#watcher = watcher;
    this.#bugs = bugs;
  }

  load(initial: FrameworkRecord): StoredState {
    this.#late = undefined;
    const stored = this.#content.load(initial);
    this.#bugs.misreads(stored);
    return stored;
  }

  commit(changes: Changes): void {
    this.#watcher.mayDie();
    if (this.#bugs.writesLate) {
      if (this.#late) this.#write(this.#late);
      this.#late = structuredClone(changes);
    } else this.#write(structuredClone(changes));
    // What is committed has happened, whether or not this process lives to tell of it.
    for (const jobID of changes.deletedJobIDs) this.#watcher.forgotten(jobID);
  }

  /** Exchanges the files for a copy that was made after so many commits. */
  goBack(commits: number): void {
    this.#isAccepted = false;
    this.#lost = this.#commits.splice(commits).concat(this.#lost);
    this.#content = new CopyingStore();
    for (const changes of this.#commits) this.#content.commit(changes);
  }

  /** How many commits there are. */
  get size(): number {
    return this.#commits.length;
  }

  /** How many commits were lost. */
  get lost(): number {
    return this.#lost.length;
  }

  /** Why the files can't be used as they are. */
  get loss(): string | undefined {
    const commits = this.size;
    const mark = { commits: commits + this.lost, inode: INODE, isOpen: true };
    return findLoss(mark, { commits, inode: INODE });
  }

  /** Puts the newest files back. */
  putBack(): void {
    const lost = this.#lost;
    this.#lost = [];
    for (const jobID of this.#remembered) this.#watcher.forgotten(jobID);
    this.#remembered.clear();
    for (const changes of lost) this.#write(changes);
  }

  /** Accepts the older copy; gives the framework that was subscribed last. */
  accept(): string | undefined {
    for (const { deletedJobIDs } of this.#lost) {
      for (const jobID of deletedJobIDs) {
        if (this.#remembered.has(jobID)) continue;
        this.#remembered.add(jobID);
        this.#watcher.remembered(jobID);
      }
    }
    const newest = this.#lost.findLast(({ framework }) => framework)?.framework ??
      this.#content.load(newFramework()).framework;
    this.#isAccepted = true;
    return newest.frameworkId;
  }

  endedJob(jobID: number): EndedJobRecord | undefined {
    return this.#content.endedJob(jobID);
  }

  endedJobs(): Generator<EndedJobRecord, void, void> {
    return this.#content.endedJobs();
  }

  findEndedJobs(query: HistoryQuery): Generator<EndedJobRecord, void, void> {
    return this.#content.findEndedJobs(query);
  }

  close(): void {}

  #write(changes: Changes): void {
    if (this.#isAccepted) {
      this.#lost = [];
      this.#remembered.clear();
    }
    this.#isAccepted = false;
    this.#content.commit(changes);
    this.#commits.push(changes);
  }
}
