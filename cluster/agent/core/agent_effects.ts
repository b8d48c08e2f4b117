/**
 * The effects of the agent's logic, which only decides; the shell carries them out in order.
 *
 * @module
 */

import type { FrameworkId, TaskId } from "../../../mesos/ids.ts";
import type { ExecutorEvent, ExecutorInfo } from "../../../mesos/wire/messages.ts";
import type { AgentMessage } from "../../protocol/agent_protocol.ts";
import type { Checkpoint, Run } from "./agent_checkpoints.ts";

export type { Checkpoint, Run } from "./agent_checkpoints.ts";

export type AgentTimeout =
  | { type: "UPDATE_RETRY"; frameworkId: FrameworkId; taskId: TaskId }
  | ({ type: "EXECUTOR_REGISTRATION" } & Run)
  | ({ type: "EXECUTOR_SHUTDOWN" } & Run)
  | { type: "EXECUTOR_REREGISTRATION" }
  | { type: "MASTER_PING" };

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
