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

/** Where an agent listens. */
export interface AgentAddress {
  /** An IP address. */
  ip: string;
  /** A TCP port. */
  port: number;
  /** Whether it speaks TLS. */
  tls: boolean;
}

/** How an agent presents itself. */
export interface Registration {
  /** What it has; with an id when it was registered before. */
  info: AgentInfo;
  /** Where it listens. */
  address: AgentAddress;
  /** Frameworks that it runs executors of. */
  frameworks: FrameworkInfo[];
  /** Executors that are alive. */
  executors: ExecutorInfo[];
  /** Tasks whose end has not been acknowledged. */
  tasks: Task[];
}

/** Tasks that the master knows and the agent did not name. */
export interface TaskReconciliation {
  /** Whose they are. */
  framework: FrameworkInfo;
  /** Their ids. */
  taskIds: string[];
}

/** From the master to an agent. */
export type MasterMessage =
  | {
    type: "REGISTERED";
    /** The agent's id from now on. */
    agentId: string;
    /** After so many milliseconds without a ping the agent must register again. */
    pingTimeoutMs: number;
    /** Tasks of which the agent must say that they are gone. */
    reconciliations: TaskReconciliation[];
  }
  | {
    type: "RUN_TASK";
    framework: FrameworkInfo;
    task: TaskInfo;
    /** Whether the master counts on a new executor for it. */
    launchExecutor: boolean;
  }
  | { type: "KILL_TASK"; frameworkId: string; taskId: string; killPolicy?: KillPolicy | undefined }
  | { type: "ACKNOWLEDGE"; frameworkId: string; taskId: string; uuid: Uint8Array }
  | { type: "FRAMEWORK_MESSAGE"; frameworkId: string; executorId: string; data: Uint8Array }
  | { type: "SHUTDOWN_EXECUTOR"; frameworkId: string; executorId: string }
  | { type: "SHUTDOWN_FRAMEWORK"; frameworkId: string }
  | { type: "UPDATE_FRAMEWORK"; framework: FrameworkInfo };

/** From an agent to the master. */
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

/** What the master tells with a ping. */
export interface Ping {
  /** Whether the master has a link to the agent. */
  connected: boolean;
}
