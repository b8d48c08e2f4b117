/**
 * Everything that can happen to the scheduler.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { NodeInfoMessage } from "../../job/node_info.ts";
import type { AgentId, ExecutorId, FrameworkId } from "../../mesos/ids.ts";
import type { Offer, TaskStatus } from "../../mesos/wire/messages.ts";
import type { SchedulerRequest } from "../../mesos/scheduler.ts";
import type { JobEnd } from "./job_lifecycle.ts";
import type { BatchJobResult, JobSpec } from "./records.ts";

/** A part of a job file: its jobs are issued together with the note that they are. */
export interface JobFilePart {
  /** SHA-256 of the file's content. */
  readonly digest: string;
  /** How many of its jobs were issued before these. */
  readonly issuedBefore: number;
}

/** A request to issue jobs that is known by a key: repeated, it issues nothing. */
export interface IssueRequest {
  /** Chosen by the client. */
  readonly key: string;
  /** SHA-256 of what is asked for. */
  readonly digest: string;
}

/** Something that happened. */
export type Input =
  /** This process took the state over: say what became of what it was doing before. */
  | { readonly type: "STARTED" }
  /** This process is about to leave: it starts nothing more, and ends its tasks if it is to. */
  | { readonly type: "STOPPING"; readonly killTasks: boolean }
  /** This process leaves: local jobs have ended with it, and everything else if the framework was
   * removed from Mesos. What has not ended by itself waits for the next process. */
  | { readonly type: "STOPPED"; readonly tornDown: boolean }
  /** Time has passed. */
  | { readonly type: "TICK" }
  /** A subscription stands. */
  | { readonly type: "SUBSCRIBED"; readonly frameworkId: FrameworkId }
  /** It broke. */
  | { readonly type: "DISCONNECTED"; readonly reason: string }
  /** The master has removed the framework. */
  | { readonly type: "FRAMEWORK_REMOVED" }
  /** The master, or a proxy before it, refuses a call for its size. */
  | { readonly type: "CALL_TOO_LARGE"; readonly call: SchedulerRequest }
  /** New offers. */
  | { readonly type: "OFFERS"; readonly offers: readonly Offer[] }
  /** A task's state. */
  | { readonly type: "UPDATE"; readonly status: TaskStatus }
  /** An executor spoke of its node. */
  | {
    readonly type: "NODE_INFO";
    readonly agentId: AgentId;
    readonly executorId: ExecutorId;
    readonly message: NodeInfoMessage;
  }
  /** An agent was removed. */
  | { readonly type: "AGENT_LOST"; readonly agentId: AgentId }
  /** An executor has ended. */
  | {
    readonly type: "EXECUTOR_LOST";
    readonly agentId: AgentId;
    readonly executorId: ExecutorId;
    readonly status: number;
  }
  /** A local job has ended. */
  | { readonly type: "LOCAL_ENDED"; readonly jobID: JobId; readonly end: JobEnd }
  /** Jobs to run. */
  | {
    readonly type: "ISSUE";
    readonly specs: readonly JobSpec[];
    readonly file?: JobFilePart;
    readonly request?: IssueRequest;
    /** The id of the first; the others' follow. Nothing is issued if it was given before. */
    readonly firstJobID?: JobId;
  }
  /** Jobs to end. */
  | { readonly type: "KILL"; readonly jobIDs: readonly JobId[] }
  /** The state was restored, and this is known beside it. */
  | {
    readonly type: "REPORTED";
    /** Results that were reported. */
    readonly results: readonly BatchJobResult[];
    /** Whether jobs that the state lacks are issued once more, in the same order. */
    readonly reissues: boolean;
  }
  /** Results that were taken. */
  | { readonly type: "DELIVERED"; readonly jobIDs: readonly JobId[] }
  /** The user script for jobs launched from now on, pickled. */
  | { readonly type: "USER_SCRIPT"; readonly pickled: string }
  /** A node that gets no jobs. */
  | { readonly type: "IGNORE_NODE"; readonly node: string }
  /** A node that gets jobs again, after a rest. */
  | { readonly type: "UNIGNORE_NODE"; readonly node: string; readonly restMs?: number };
