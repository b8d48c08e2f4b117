/**
 * The protocol between master and agents of this cluster. Mesos uses libprocess messages,
 * which no other software implements; here it is JSON over HTTP:
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

/** The path at which agents register; their links are below it. */
export const AGENTS_PATH = "/internal/agents";
/** The path at which the master pings an agent. */
export const PING_PATH = "/internal/ping";
/** The header with the id of a link. */
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
    /** How long the agent waits for a ping before it registers again, in milliseconds. */
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
    /** The current state of the task, which may be later than that of the update. */
    latestState?: TaskState | undefined;
  }
  | {
    type: "EXITED_EXECUTOR";
    frameworkId: string;
    executorId: string;
    /** The wait status; -1 when unknown or when no process was started. */
    status: number;
  }
  | { type: "EXECUTOR_MESSAGE"; frameworkId: string; executorId: string; data: Uint8Array };

export interface Ping {
  connected: boolean;
}
