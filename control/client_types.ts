/**
 * What a scheduler answers to its clients. The schemas say the same; these are interfaces, so that
 * the documentation of the client shows them. The type checker keeps both in step, in a test.
 *
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { AgentId, FrameworkId, TaskId } from "../mesos/ids.ts";

/** A job to issue; only the command is required. */
export interface JobInput {
  /** Given to `sh -c`. */
  readonly command: string;
  /** For people. */
  readonly name?: string | undefined;
  /** Cores; thousandths count. @default {1} */
  readonly cores?: number | undefined;
  /** Bytes, or a size such as `"2Gi"`. @default {"2Gi"} */
  readonly memory?: number | string | undefined;
  /** Bytes, or a size such as `"2Gi"`. @default {"2Gi"} */
  readonly disk?: number | string | undefined;
  /** Whether it may run on a node that can be taken away. @default {false} */
  readonly preemptible?: boolean | undefined;
  /** Devices. */
  readonly accelerators?: readonly { kind: string; count?: number }[] | undefined;
  /** Variables of this job alone. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Run beside the scheduler instead of on the cluster. @default {false} */
  readonly local?: boolean | undefined;
  /** A duration such as `"30m"`, after which the running job ends as MAXJOBDURATION. */
  readonly timeLimit?: string | undefined;
  /** How often it is run again when it fails or is lost, before that is reported. @default {0} */
  readonly retries?: number | undefined;
}

/** What a job is doing. */
export type ControlJobState =
  | "waiting"
  | "starting"
  | "running"
  | "unreachable"
  | "killing"
  | "ended";

/** A job. Times are in milliseconds since the Unix epoch, sizes in bytes. */
export interface ControlJob {
  /** Its id. */
  readonly jobID: JobId;
  /** For people. */
  readonly name: string;
  /** Given to `sh -c`. */
  readonly command: string;
  /** What it is doing. */
  readonly state: ControlJobState;
  /** What it asked for. */
  readonly cores: number;
  /** Milliseconds after which the running job is ended; absent: no limit. */
  readonly timeLimitMs?: number | undefined;
  /** What it asked for. */
  readonly memory: number;
  /** What it asked for. */
  readonly disk: number;
  /** What it asked for. */
  readonly gpus: number;
  /** Whether it may run on a node that can be taken away. */
  readonly preemptible: boolean;
  /** Whether it runs beside the scheduler. */
  readonly local: boolean;
  /** How many attempts were made. */
  readonly attempts: number;
  /** When it was issued. */
  readonly issuedAtMs?: number;
  /** When its last attempt was launched. */
  readonly launchedAtMs?: number;
  /** When its last attempt was first seen to run. */
  readonly startedAtMs?: number;
  /** When the end of its last attempt was known. */
  readonly endedAtMs?: number;
  /** The node of its last attempt. */
  readonly node?: string;
  /** Its last attempt in Mesos. */
  readonly taskId?: TaskId;
  /** The command's status; a signal is minus its number, 255 when unknown. */
  readonly exitStatus?: number;
  /** Why it ended. */
  readonly exitReason?: string;
  /** Seconds. */
  readonly wallTime?: number;
  /** What went wrong. */
  readonly message?: string;
}

/** A job with its attempts. */
export interface ControlJobWithHistory extends ControlJob {
  /** The attempts, oldest first. */
  readonly history: readonly {
    taskId: TaskId;
    node: string;
    agentId: AgentId;
    launchedAtMs: number;
    startedAtMs?: number;
    endedAtMs?: number;
    exitReason?: string;
    exitStatus?: number;
  }[];
}

/** Which jobs to list. */
export interface JobsQuery {
  /** States, with commas; `all` for all. @default {all but `ended`} */
  readonly state?: string;
  /** Only jobs with a greater id. */
  readonly after?: JobId;
  /** Jobs in one answer. */
  readonly limit?: number;
  /** Only jobs of this id, name or node. */
  readonly search?: string;
}

/** The end of a job. */
export interface ControlUpdate {
  /** To be acknowledged. */
  readonly number: number;
  /** The job. */
  readonly jobID: JobId;
  /** For people. */
  readonly name: string;
  /** The command's status; a signal is minus its number, 255 when unknown. */
  readonly exitStatus: number;
  /** Why it ended. */
  readonly exitReason: string;
  /** Seconds. */
  readonly wallTime: number;
  /** The node's address. */
  readonly node: string;
  /** What went wrong. */
  readonly message: string;
  /** The task's id in Mesos. */
  readonly backingId: TaskId;
  /** How often it was run, where that was more than once. */
  readonly attempts?: number | undefined;
}

/** What became of jobs that were to be killed. */
export interface KilledJobs {
  /** Dead now; they are reported no more. */
  readonly killed: readonly JobId[];
  /** Had ended before; their updates are delivered. */
  readonly ended: readonly JobId[];
  /** Never issued. */
  readonly unknown: readonly JobId[];
  /** Still being killed. */
  readonly unconfirmed: readonly JobId[];
}

/** A node. */
export interface ControlNode {
  /** Names it. */
  readonly address: string;
  /** Its host names. */
  readonly hostnames: readonly string[];
  /** Mesos' ids of it. */
  readonly agentIds: readonly AgentId[];
  /** Whether it can be taken away. */
  readonly preemptible: boolean;
  /** Whether it gets no jobs. */
  readonly ignored: boolean;
  /** When it was last heard of. */
  readonly lastSeenMs: number;
  /** Our jobs there. */
  readonly workers: number;
  /** Cores of the node. */
  readonly coresTotal: number;
  /** Share of all cores in use, 0 to 1. */
  readonly coresUsed: number;
  /** Bytes of memory of the node. */
  readonly memoryTotal: number;
  /** Share of all memory in use, 0 to 1. */
  readonly memoryUsed: number;
  /** Cores that our jobs there asked for. */
  readonly requestedCores: number;
  /** Bytes of memory that our jobs there asked for. */
  readonly requestedMemory: number;
  /** The most that Mesos lately had for us. */
  readonly availableCores: number;
  /** The same for memory. */
  readonly availableMemory: number;
  /** The same for disk. */
  readonly availableDisk: number;
  /** The same for GPUs. */
  readonly availableGpus: number;
}

/** The scheduler as a whole. */
export interface ControlStatus {
  /** Of the program. */
  readonly version: string;
  /** Of the framework. */
  readonly name: string;
  /** Mesos' id of the framework. */
  readonly frameworkId?: FrameworkId;
  /** Whether Mesos is connected. */
  readonly connected: boolean;
  /** Whether it is about to end. */
  readonly stopping: boolean;
  /** When it was started. */
  readonly startedAtMs: number;
  /** The time there. */
  readonly nowMs: number;
  /** Jobs by state; `ended`: all since the state was new. */
  readonly jobs: Readonly<Record<ControlJobState, number>>;
  /** How many nodes are known. */
  readonly nodes: number;
  /** Nodes that get no jobs. */
  readonly ignoredNodes: readonly string[];
  /** Updates that are not acknowledged. */
  readonly pendingUpdates: number;
  /** What waits for which resource, and why. */
  readonly waiting: readonly {
    cores: number;
    memory: number;
    disk: number;
    gpus: number;
    preemptible: boolean;
    jobs: number;
    sinceMs: number;
    reason: string;
  }[];
  /** The same for people. */
  readonly message: string;
}
