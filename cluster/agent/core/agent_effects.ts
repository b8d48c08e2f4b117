/**
 * The effects of the agent's logic, which only decides; the shell carries them out in order.
 *
 * @module
 */

import type {
  AgentInfo,
  ExecutorEvent,
  ExecutorInfo,
  FrameworkInfo,
  TaskStatus,
} from "../../../mesos/wire/messages.ts";
import type { AgentMessage } from "../../protocol/agent_protocol.ts";
import type { Task } from "../../protocol/task_status.ts";

export interface Run {
  frameworkId: string;
  executorId: string;
  containerId: string;
}

/** A timer of the agent. Setting it again replaces it. */
export type AgentTimeout =
  | { type: "UPDATE_RETRY"; frameworkId: string; taskId: string }
  | ({ type: "EXECUTOR_REGISTRATION" } & Run)
  | ({ type: "EXECUTOR_SHUTDOWN" } & Run)
  | { type: "EXECUTOR_REREGISTRATION" }
  | { type: "MASTER_PING" };

/** A record that lets the agent restart while its executors run. */
export type Checkpoint =
  | { type: "AGENT"; info: AgentInfo }
  | { type: "FRAMEWORK"; info: FrameworkInfo }
  | { type: "EXECUTOR"; run: Run; info: ExecutorInfo; served: boolean }
  | { type: "TASK"; run: Run; task: Task }
  | { type: "UPDATE"; run: Run; taskId: string; status: TaskStatus }
  | { type: "ACKNOWLEDGEMENT"; run: Run; taskId: string; uuid: Uint8Array }
  | { type: "TASK_DONE"; run: Run; taskId: string }
  | { type: "EXECUTOR_DONE"; run: Run }
  | { type: "FRAMEWORK_DONE"; frameworkId: string };

export type AgentEffect =
  | { type: "EVENT"; streamId: string; event: ExecutorEvent }
  | { type: "START_HEARTBEATS"; streamId: string }
  | { type: "CLOSE_STREAM"; streamId: string }
  | { type: "TELL_MASTER"; message: AgentMessage }
  | { type: "REGISTER" }
  | { type: "LAUNCH"; run: Run; info: ExecutorInfo }
  | { type: "DESTROY"; run: Run }
  | { type: "CHECKPOINT"; checkpoint: Checkpoint }
  | { type: "SET_TIMER"; timeout: AgentTimeout; afterMs: number }
  | { type: "CLEAR_TIMER"; timeout: AgentTimeout };
