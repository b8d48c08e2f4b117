/**
 * What master and agents of this cluster say to each other. Mesos uses libprocess messages for it,
 * which nobody else speaks; here it is JSON over HTTP:
 *
 * ```text
 *  agent ── POST /internal/agents {Registration} ──────────► master   answered by a stream of
 *        ◄── RecordIO of MasterMessage ────────────────────           records, the link
 *  agent ── POST /internal/agents/LINK [AgentMessage, …] ──► master   in order; 404: register again
 *  agent ◄── POST /internal/ping {connected} ──────────────  master   also while it recovers
 * ```
 *
 * @module
 */

import type {
  AgentInfo,
  ExecutorInfo,
  FrameworkInfo,
  KillPolicy,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../../mesos/wire/messages.ts";
import type { Task } from "./task_status.ts";

/** Where agents register at the master, and below which their links are. */
export const AGENTS_PATH = "/internal/agents";
/** Where the master asks an agent whether it is alive. */
export const PING_PATH = "/internal/ping";
/** The header by which the master names a link. */
export const LINK_HEADER = "Link-Id";

export interface AgentAddress {
  ip: string;
  port: number;
  tls: boolean;
}

export interface Registration {
  info: AgentInfo;
  address: AgentAddress;
  frameworks: FrameworkInfo[];
  executors: ExecutorInfo[];
  tasks: Task[];
}

export interface TaskReconciliation {
  framework: FrameworkInfo;
  taskIds: string[];
}

export type MasterMessage =
  | {
    type: "REGISTERED";
    agentId: string;
    /** After so many milliseconds without a ping the agent must register again. */
    pingTimeoutMs: number;
    reconciliations: TaskReconciliation[];
  }
  | {
    type: "RUN_TASK";
    framework: FrameworkInfo;
    task: TaskInfo;
    launchExecutor: boolean;
  }
  | { type: "KILL_TASK"; frameworkId: string; taskId: string; killPolicy?: KillPolicy | undefined }
  | { type: "ACKNOWLEDGE"; frameworkId: string; taskId: string; uuid: Uint8Array }
  | { type: "FRAMEWORK_MESSAGE"; frameworkId: string; executorId: string; data: Uint8Array }
  | { type: "SHUTDOWN_EXECUTOR"; frameworkId: string; executorId: string }
  | { type: "SHUTDOWN_FRAMEWORK"; frameworkId: string }
  | { type: "UPDATE_FRAMEWORK"; framework: FrameworkInfo };

export type AgentMessage =
  | {
    type: "STATUS_UPDATE";
    frameworkId: string;
    status: TaskStatus;
    /** The state that the task has reached by now, maybe after that of the update. */
    latestState?: TaskState | undefined;
  }
  | {
    type: "EXITED_EXECUTOR";
    frameworkId: string;
    executorId: string;
    /** The wait status; -1 where it is not known or there never was a process. */
    status: number;
  }
  | { type: "EXECUTOR_MESSAGE"; frameworkId: string; executorId: string; data: Uint8Array };

export interface Ping {
  connected: boolean;
}
