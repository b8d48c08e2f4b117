/**
 * The events of the batch system, as the message bus delivers them: the progress line, the log
 * and the control API live on it. They are delivered after their changes are stored.
 *
 * @see toil.bus
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { AgentId, ExecutorId, FrameworkId, TaskId } from "../../mesos/ids.ts";
import type { BatchJobResult } from "./records.ts";

/** Something that happened. */
export type BatchSystemEvent =
  | {
    /** The framework is known to a master, for the first time or again. */
    readonly type: "REGISTERED" | "REREGISTERED";
    /** Its id. */
    readonly frameworkId: FrameworkId;
  }
  | {
    /** The connection to the master broke. */
    readonly type: "DISCONNECTED";
    /** Why. */
    readonly reason: string;
  }
  | {
    /** A job was taken in. */
    readonly type: "JOB_ISSUED";
    /** The job. */
    readonly jobID: JobId;
    /** For people. */
    readonly name: string;
  }
  | {
    /** A job was given to a node. */
    readonly type: "JOB_LAUNCHED";
    /** The job. */
    readonly jobID: JobId;
    /** The attempt. */
    readonly taskId: TaskId;
    /** The node's address. */
    readonly node: string;
    /** Whether it runs there only after others of its bundle. */
    readonly isQueued?: boolean;
  }
  | {
    /** The command of a job runs, or its node can't be reached, or the node has given it back, since
     * it would have had to wait for another one there. */
    readonly type: "JOB_RUNNING" | "JOB_UNREACHABLE" | "JOB_GIVEN_BACK";
    /** The job. */
    readonly jobID: JobId;
    /** The attempt. */
    readonly taskId: TaskId;
    /** The node's address. */
    readonly node: string;
  }
  | {
    /** The state is a restored one. */
    readonly type: "RESTORED";
    /** Jobs that ran when it was written. */
    readonly running: number;
    /** Jobs that waited then. */
    readonly waiting: number;
    /** Whether it names the framework whose tasks are to be adopted. */
    readonly namesFramework: boolean;
  }
  | {
    /** A job that a restored state does not know runs, or has ended; it is given up. */
    readonly type: "JOB_FORGOTTEN";
    readonly jobID: JobId;
    readonly taskId: TaskId;
    readonly node: string;
    /** Of the task, in Mesos' words. */
    readonly state: string;
  }
  | {
    /** A job of a restored state runs, or has ended, as a task that the state did not know. */
    readonly type: "JOB_ADOPTED";
    /** The job. */
    readonly jobID: JobId;
    /** The attempt. */
    readonly taskId: TaskId;
    /** The node's address; "" where it is not known yet. */
    readonly node: string;
  }
  | {
    /** No executor has said a word about a job that was given to a node. */
    readonly type: "LAUNCH_SILENT";
    /** The job. */
    readonly jobID: JobId;
    /** The attempt. */
    readonly taskId: TaskId;
    /** The node's address. */
    readonly node: string;
    /** For how long, in milliseconds. */
    readonly silentMs: number;
  }
  | {
    /** A job waits again: its launch did not get through. */
    readonly type: "JOB_REQUEUED";
    /** The job. */
    readonly jobID: JobId;
    /** How many launches of it were tried. */
    readonly attempt: number;
    /** Why. */
    readonly reason: string;
  }
  | {
    /** A job has failed or was lost, and waits to be run again. */
    readonly type: "JOB_RETRIED";
    /** The job. */
    readonly jobID: JobId;
    /** The attempt that has ended. */
    readonly taskId: TaskId;
    /** The address of its node. */
    readonly node: string;
    /** Why it ended. */
    readonly exitReason: BatchJobResult["exitReason"];
    /** The command's status; 255 when unknown. */
    readonly exitStatus: number;
    /** How often the job was run so far. */
    readonly attempts: number;
    /** How often it may be run in all. */
    readonly maxAttempts: number;
  }
  | {
    /** A job has ended and is reported. */
    readonly type: "JOB_ENDED";
    /** How. */
    readonly result: BatchJobResult;
  }
  | {
    /** A job that was to be killed has ended; it is not reported. */
    readonly type: "JOB_KILLED";
    /** The job. */
    readonly jobID: JobId;
    /** Whether its end was seen; false when its node can't be reached or does not know it. */
    readonly confirmed: boolean;
  }
  | {
    /** A node came or went. */
    readonly type: "NODE_SEEN" | "NODE_LOST";
    /** Its address. */
    readonly node: string;
    /** Mesos' id of it. */
    readonly agentId: AgentId;
  }
  | {
    /** An executor has not been heard for long, or is heard again after that. */
    readonly type: "EXECUTOR_SILENT" | "EXECUTOR_HEARD";
    /** The node's address. */
    readonly node: string;
    /** Mesos' id of it. */
    readonly agentId: AgentId;
    /** The executor. */
    readonly executorId: ExecutorId;
  }
  | {
    /** An executor has ended. */
    readonly type: "EXECUTOR_ENDED";
    /** The node's address. */
    readonly node: string;
    /** Mesos' id of it. */
    readonly agentId: AgentId;
    /** Where the agent is: scheme, host and port; undefined when it was never offered. */
    readonly agentUrl: string | undefined;
    /** The executor. */
    readonly executorId: ExecutorId;
    /** A wait status; below 0 when it is not known. */
    readonly status: number;
  }
  | {
    /** Mesos has removed the framework: everything that ran is lost. */
    readonly type: "FRAMEWORK_REMOVED";
  }
  | {
    /** Jobs wait that no known node can hold. */
    readonly type: "STARVING";
    /** What holds them back. */
    readonly message: string;
    /** What no node offers at all, though the cluster may have it. */
    readonly lack?: "nodes" | "gpus" | undefined;
  };
