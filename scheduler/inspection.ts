/**
 * What people and programs see of the jobs and nodes of a running scheduler.
 *
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { AgentId, FrameworkId } from "../mesos/ids.ts";
import type { NodeInfo } from "./core/nodes.ts";
import type { Quantities } from "./core/quantities.ts";
import type { BatchJobResult, EndedJobRecord, PastTaskRecord } from "./core/records.ts";
import type { WaitingShape } from "./core/scheduling_status.ts";

/** What a job is doing. */
export const JOB_STATES = [
  "waiting",
  "starting",
  "running",
  "unreachable",
  "killing",
  "ended",
] as const;
/** One of {@linkcode JOB_STATES}. */
export type JobState = typeof JOB_STATES[number];

/** The states of jobs that have not ended. */
export const LIVE_JOB_STATES: readonly JobState[] = JOB_STATES.filter((each) => each !== "ended");

/** A job as others see it. */
export interface JobView {
  /** The job. */
  readonly jobID: JobId;
  /** What was asked for. Its environment may hold secrets and is not shown. */
  readonly spec: EndedJobRecord["spec"];
  /** What it is doing. */
  readonly state: JobState;
  /** When it was issued; undefined where an earlier version issued it. */
  readonly issuedAtMs: number | undefined;
  /** How many attempts were made. */
  readonly attempt: number;
  /** The attempts, oldest first; that which is under way has no end. */
  readonly tasks: readonly TaskView[];
  /** How it has ended. */
  readonly result: BatchJobResult | undefined;
}

/** An attempt. */
export type TaskView = Omit<PastTaskRecord, "endedAtMs"> & { readonly endedAtMs?: number };

/** A node as others see it. */
export interface NodeView extends NodeInfo {
  /** Names the node. */
  readonly address: string;
  /** Its host names: one, unless its agents disagree. */
  readonly hostnames: readonly string[];
  /** Mesos' ids of it. */
  readonly agentIds: readonly AgentId[];
  /** Whether it can be taken away. */
  readonly preemptible: boolean;
  /** Whether it gets no jobs. */
  readonly ignored: boolean;
  /** The most that it was lately seen to have for us. */
  readonly capacity: Quantities;
  /** When it was last heard of. */
  readonly lastSeenMs: number;
}

/** Which jobs to list. */
export interface JobQuery {
  /** In one of these states. */
  readonly states: ReadonlySet<JobState>;
  /** Only those whose id is greater. */
  readonly after: JobId;
  /** Only those with this in their id, name or node. */
  readonly search?: string | undefined;
}

/** How many jobs are in each state; `ended`: all that ever have. */
export type JobCounts = Record<JobState, number>;

/** Shows the jobs and nodes of a scheduler; changes nothing. */
export interface Inspection {
  /** Mesos' id of the framework, once it has one. */
  readonly frameworkId: FrameworkId | undefined;
  /** Whether Mesos is connected. */
  readonly connected: boolean;
  /** Whether this process is about to leave. */
  readonly stopping: boolean;
  /** Nodes that get no jobs, as they were named. */
  readonly ignoredNodes: readonly string[];
  /** How many jobs come from a jobs file. */
  readonly fileJobs: number;
  /** Whether a job is alive that does not come from a jobs file. */
  readonly hasOtherJobs: boolean;
  /** A job that has not ended, or that the history has; undefined for others. */
  job(jobID: JobId): JobView | undefined;
  /** Whether a job of this id was ever issued. */
  wasIssued(jobID: JobId): boolean;
  /** Whether a job has not ended. */
  isAlive(jobID: JobId): boolean;
  /** The digest of the request that has a key; undefined when it is not known. */
  requestDigest(key: string): string | undefined;
  /**
   * A job once it has ended, or as it is after a time.
   *
   * @param options.maxWaitMs How long to wait for its end.
   * @param options.signal Ends the wait: the client has gone.
   */
  waitForEnd(
    jobID: JobId,
    options: { maxWaitMs: number; signal?: AbortSignal },
  ): Promise<JobView | undefined>;
  /** Jobs by ascending id. */
  jobs(query: JobQuery): Generator<JobView, void, void>;
  /** The jobs that ended last, the last first. */
  lastEnded(): Generator<JobView, void, void>;
  /** How many jobs are in each state. */
  counts(): JobCounts;
  /** The shapes that wait, and why. */
  waitingShapes(limit: number): WaitingShape[];
  /** The nodes, by address. */
  nodes(query: {
    preemptible?: boolean | undefined;
    seenWithinMs?: number | undefined;
  }): NodeView[];
}

/** A result and its number. */
export interface Update {
  /** Ascends in the order of the ends. */
  readonly number: number;
  /** How the job has ended. */
  readonly result: BatchJobResult;
}

/** Results for clients that acknowledge by number. */
export interface Updates {
  /** How many wait to be acknowledged. */
  readonly pending: number;
  /**
   * The next results that are not acknowledged, oldest first; none when there are none in time.
   *
   * @param options.limit The most to take.
   * @param options.maxWaitMs How long to wait for the first.
   * @param options.signal Ends the wait: the client has gone.
   */
  next(options: { limit: number; maxWaitMs: number; signal?: AbortSignal }): Promise<Update[]>;
  /**
   * All results up to this number have arrived: they never come again.
   *
   * @throws {RangeError} when no result has that number yet.
   */
  acknowledge(number: number): Promise<void>;
}
