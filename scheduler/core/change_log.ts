/**
 * The records as a store keeps them, and what of them a turn of the loop has changed. Pure.
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
} from "./records.ts";

/** What a store keeps. */
export interface StoredState {
  /** The framework. */
  framework: FrameworkRecord;
  /** Jobs from their issue until their result is delivered, by ascending id. */
  jobs: JobRecord[];
  /** Their tasks, in no particular order. */
  tasks: TaskRecord[];
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
  deletedJobIDs: JobId[];
  /** Tasks that are new or changed. */
  tasks: TaskRecord[];
  /** Ids of tasks that are done with. */
  deletedTaskIds: TaskId[];
  /** Executors that are new or changed. */
  executors: ExecutorRecord[];
  /** Executors that have ended. */
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

/** Collects what changes. Records are noted once, however often they change. */
export class ChangeLog {
  /** Whether the framework's record has changed. */
  hasFramework = false;
  /** As in {@linkcode Changes}. */
  readonly jobs = new Set<JobRecord>();
  /** As in {@linkcode Changes}. */
  readonly deletedJobIDs = new Set<JobId>();
  /** As in {@linkcode Changes}. */
  readonly tasks = new Set<TaskRecord>();
  /** As in {@linkcode Changes}. */
  readonly deletedTaskIds = new Set<TaskId>();
  /** As in {@linkcode Changes}. */
  readonly executors = new Set<ExecutorRecord>();
  /** As in {@linkcode Changes}. */
  readonly deletedExecutors = new Set<ExecutorRecord>();
  /** As in {@linkcode Changes}, by digest: these records are replaced. */
  readonly jobFiles = new Map<string, JobFileRecord>();
  /** As in {@linkcode Changes}. */
  readonly endedJobs = new Set<EndedJobRecord>();
  /** As in {@linkcode Changes}. */
  readonly requests = new Set<RequestRecord>();
  /** As in {@linkcode Changes}. */
  readonly deletedRequestKeys = new Set<string>();

  /** What has changed since the last call; undefined when nothing has. */
  take(framework: FrameworkRecord): Changes | undefined {
    const { hasFramework, jobFiles } = this;
    const all = [
      this.jobs,
      this.deletedJobIDs,
      this.tasks,
      this.deletedTaskIds,
      this.executors,
      this.deletedExecutors,
      jobFiles,
      this.endedJobs,
      this.requests,
      this.deletedRequestKeys,
    ];
    if (!hasFramework && all.every(({ size }) => size === 0)) return undefined;
    const changes: Changes = {
      ...(hasFramework ? { framework } : {}),
      jobs: [...this.jobs],
      deletedJobIDs: [...this.deletedJobIDs],
      tasks: [...this.tasks],
      deletedTaskIds: [...this.deletedTaskIds],
      executors: [...this.executors],
      deletedExecutors: [...this.deletedExecutors],
      jobFiles: [...jobFiles.values()],
      endedJobs: [...this.endedJobs],
      requests: [...this.requests],
      deletedRequestKeys: [...this.deletedRequestKeys],
    };
    this.hasFramework = false;
    for (const each of all) each.clear();
    return changes;
  }
}
