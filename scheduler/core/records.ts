/**
 * The records of the scheduler: what is known of jobs, tasks, the framework and the nodes.
 *
 * Times are milliseconds since the Unix epoch on a clock that never steps back or forth while the
 * process lives (see main.ts), so that they can be compared across restarts as well as within one.
 *
 * @module
 */

import type { BatchJobExitReason } from "../../job/exit_reason.ts";
import type { JobId } from "../../job/job_id.ts";
import type { AgentId, ExecutorId, FrameworkId, TaskId } from "../../mesos/ids.ts";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import type { Quantities, Shape } from "./quantities.ts";

/** What a user asks for. */
export interface JobSpec {
  /** Given to `sh -c`. */
  readonly command: string;
  /** For people. */
  readonly name: string;
  /** What it needs. */
  readonly shape: Shape;
  /** The job's whole environment beyond the executor's own. May hold secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it runs beside the scheduler instead of on the cluster. */
  readonly local: boolean;
  /** How long it may run, in milliseconds. */
  readonly timeLimitMs?: number | undefined;
  /** How often it is run again when it fails or is lost, before that is reported. */
  readonly retries?: number | undefined;
  /** The digest of the job file that it comes from, if any. */
  readonly fileDigest?: string | undefined;
  /** Its end goes to the history at once: no result waits to be taken. */
  readonly unreported?: boolean | undefined;
}

/** What a task is doing, as far as we know. */
export type TaskPhase =
  /** Decided and written down; no word from Mesos yet. */
  | "LAUNCHING"
  /** The executor has it. */
  | "STARTING"
  /** The command runs. */
  | "RUNNING"
  /** Its agent can't be reached; it may run, or not. */
  | "UNREACHABLE"
  /** The master says that it ended; the executor's own word is still to come. */
  | "SETTLING";

/** A task on Mesos, or of a local job: one attempt at each of its jobs. */
export interface TaskRecord {
  /** Never used before or again; see task_ids.ts. */
  readonly taskId: TaskId;
  /** Its jobs that have not ended, in the order in which they are run; never empty. */
  jobIDs: readonly JobId[];
  /** Jobs that its executor may still run although they are done with: they are killed there. */
  abandonedJobIDs?: readonly JobId[] | undefined;
  /** Where it runs. */
  readonly agentId: AgentId;
  /** The address of that node. */
  readonly node: string;
  /** What it is doing. */
  phase: TaskPhase;
  /** When it was launched. */
  readonly launchedAtMs: number;
  /** When the first of its jobs was first seen to run. */
  startedAtMs?: number | undefined;
  /** The executor that it was launched on; absent where an earlier version launched it. */
  readonly executorId?: ExecutorId | undefined;
  /** Thousandths of a cpu that it uses of its executor's share and did not ask for itself. */
  readonly borrowedCpusMilli?: number | undefined;
  /** Whether it brought nothing for an executor, since there was one. */
  readonly joinsExecutor?: boolean | undefined;
  /** Whether an executor was ever seen to have it, so that the command may have run. */
  seen: boolean;
  /** Where its agent answered HTTP, without a path. */
  readonly agentUrl?: string | undefined;
  /** The container of its executor, once the agent has named it. */
  containerId?: string | undefined;
  /** For SETTLING: what the master said. */
  told?: { readonly state: string; readonly message: string } | undefined;
}

/** An attempt that has ended. */
export interface PastTaskRecord {
  /** Names the attempt; the id of its task in Mesos, unless that was a bundle. */
  readonly taskId: TaskId;
  /** Where it ran; "" beside the scheduler. */
  readonly agentId: AgentId;
  /** The address of that node. */
  readonly node: string;
  /** The executor that had it. */
  readonly executorId?: ExecutorId | undefined;
  /** Where its agent answered HTTP, without a path. */
  readonly agentUrl?: string | undefined;
  /** The container of that executor. */
  readonly containerId?: string | undefined;
  /** When it was launched. */
  readonly launchedAtMs: number;
  /** When it was first seen to run. */
  readonly startedAtMs?: number | undefined;
  /** When its end was known. */
  readonly endedAtMs: number;
  /** Why it ended; absent where the job was not begun, or waits for the next process. */
  readonly exitReason?: BatchJobExitReason | undefined;
  /** The command's status, where it is known. */
  readonly exitStatus?: number | undefined;
}

/** The end of a job, as it is reported. */
export interface BatchJobResult {
  /** The job. */
  readonly jobID: JobId;
  /** For people. */
  readonly name: string;
  /** The command's status; a signal is minus its number, 255 when unknown. */
  readonly exitStatus: number;
  /** Why it ended. */
  readonly exitReason: BatchJobExitReason;
  /** Seconds, above 0, measured on the node where it could be. */
  readonly wallTimeSeconds: number;
  /** The address of the node; "" when it never had one. */
  readonly node: string;
  /** What went wrong, for people; "" when nothing did. */
  readonly message: string;
  /** Names the last attempt, as in {@linkcode PastTaskRecord}; "" when there was none. */
  readonly taskId: TaskId;
  /** How often it was run, where that was more than once. */
  readonly attempts?: number | undefined;
}

/** A job from its issue until its result is delivered. */
export interface JobRecord {
  /** Given at the issue; ascending. */
  readonly jobID: JobId;
  /** What was asked for. */
  readonly spec: JobSpec;
  /** When that was; absent where an earlier version issued it. */
  readonly issuedAtMs?: number | undefined;
  /** How many attempts were made. */
  attempt: number;
  /** How many of them failed or were lost, and were followed by another. */
  retried?: number | undefined;
  /** How many launches ended before anything had begun, since the job was last run. */
  failedLaunches?: number | undefined;
  /** How many of these reached an agent that could not begin the job. */
  vainLaunches?: number | undefined;
  /** The last attempts that have ended, oldest first. */
  pastTasks?: readonly PastTaskRecord[] | undefined;
  /** The task that is the present attempt; absent while the job waits, and after its end. */
  taskId?: TaskId | undefined;
  /** A kill was asked for: whatever comes, it is not reported. */
  killRequested: boolean;
  /** How it ended; present until it is delivered. */
  result?: BatchJobResult | undefined;
  /** The place of the result among all results: they ascend in the order of the ends. */
  resultNumber?: number | undefined;
}

/** A job that is done with, as the history keeps it. */
export interface EndedJobRecord {
  /** The job. */
  readonly jobID: JobId;
  /** What was asked for, without the environment, which may hold secrets. */
  readonly spec: Omit<JobSpec, "environment">;
  /** When it was issued. */
  readonly issuedAtMs?: number | undefined;
  /** How many attempts were made. */
  readonly attempt: number;
  /** The last of them, oldest first. */
  readonly pastTasks: readonly PastTaskRecord[];
  /** How it ended. */
  readonly result: BatchJobResult;
}

/** A request to issue jobs that named itself: repeated, it issues nothing. */
export interface RequestRecord {
  /** Chosen by the client. */
  readonly key: string;
  /** SHA-256 of what was asked for. */
  readonly digest: string;
  /** How many jobs, with consecutive ids. */
  readonly firstJobID: JobId;
  /** How many. */
  readonly count: number;
}

/** The executor that we started, or are starting, on an agent, for one role. */
export interface ExecutorRecord {
  /** Where. */
  readonly agentId: AgentId;
  /** The role that its resources, and those of its tasks, are allocated to. */
  readonly role: string;
  /** Its id; the same on all agents as long as what it is made of is the same. */
  readonly executorId: ExecutorId;
  /** What it was launched with: every later task there must name the very same. */
  readonly resources: readonly MesosResource[];
  /** Whether it has said that it runs bundles; earlier versions do not. */
  runsBundles?: boolean | undefined;
}

/** How far the jobs of a file have come: a line is issued once, whatever happens in between. */
export interface JobFileRecord {
  /** SHA-256 of the file's content. */
  readonly digest: string;
  /** How many of its jobs are issued: always its first ones. */
  readonly issued: number;
  /** How many of its jobs are done with, by the reason of their end. */
  readonly ended: Readonly<Partial<Record<BatchJobExitReason, number>>>;
}

/** What concerns the framework as a whole. */
export interface FrameworkRecord {
  /** Given by the master. */
  frameworkId?: FrameworkId | undefined;
  /** The id of the next job. */
  nextJobID: JobId;
  /** The number of the next result; absent before the first. */
  nextResultNumber?: number | undefined;
  /** Names the workflow, in the files and directories of its jobs. */
  readonly workflowID: string;
  /** Nodes that get no jobs: addresses or host names, as they were given. */
  ignoredNodes: string[];
  /** Whether its Mesos ends with the process that used it: what ran there then runs no more. */
  onTemporaryMesos?: boolean | undefined;
  /** Whether it has lost what was written last: Mesos may run tasks that it does not know. */
  isRestored?: boolean | undefined;
  /** Executors that no job is given to any more, since the command to start them has changed: they
   * are ended where they are met. */
  retiredExecutorIds?: ExecutorId[] | undefined;
  /** Whether any job ever needed a GPU: only then do we want nodes that have them. */
  usesGpus: boolean;
}

/** How long an agent is left alone. */
export interface AgentRest {
  /** Since when, in milliseconds. */
  readonly sinceMs: number;
  /** For how long. */
  readonly ms: number;
  /** For how long after the next failure, by its kind. */
  readonly nextMs: Readonly<Record<"launch" | "executor", number>>;
}

/** What is known of an agent. Not stored: offers show it again. */
export interface AgentRecord {
  /** Its id. */
  readonly agentId: AgentId;
  /** The address by which the world knows the node. */
  address: string;
  /** Its host name. */
  hostname: string;
  /** Where it answers HTTP, without a path. */
  url?: string | undefined;
  /** Whether it can be taken away. */
  preemptible: boolean;
  /** The most that it was lately seen to have for us, our own tasks included. */
  capacity: Quantities;
  /** When that was. */
  capacitySeenMs: number;
  /** When there was last an offer or a message of it. */
  lastSeenMs: number;
  /** When there was last an offer of it. */
  lastOfferMs: number;
  /** What its executor last said. */
  load?: NodeLoadRecord | undefined;
  /** How its executor last ended: a wait status. */
  executorExit?: number | undefined;
  /** Why it can't start executors as the framework's user, in its own words. */
  userRefusal?: string | undefined;
  /** After a failure nothing is launched there for a while; see agent_rest.ts. */
  rest: AgentRest;
}

/** The load of a node. */
export interface NodeLoadRecord {
  /** Share of all cores in use, 0 to 1. */
  readonly coresUsed: number;
  /** Share of all memory in use, 0 to 1. */
  readonly memoryUsed: number;
  /** Whole CPUs. */
  readonly coresTotal: number;
  /** Bytes. */
  readonly memoryTotal: number;
  /** Jobs running. */
  readonly workers: number;
}
