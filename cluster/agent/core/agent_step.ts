/**
 * The agent's logic: an input and the state give effects. Pure.
 *
 * @module
 */

import type { ExecutorId } from "../../../mesos/ids.ts";
import type { ExecutorCallSubscribe, TaskStatus } from "../../../mesos/wire/messages.ts";
import type { MasterMessage, Ping } from "../../protocol/agent_protocol.ts";
import type { AgentEffect, AgentTimeout, Run } from "./agent_effects.ts";
import {
  containerEnded,
  containerFailed,
  containerStarted,
  executorMessage,
  executorUpdate,
  registrationTimedOut,
  shutDownAll,
  shutDownFramework,
  shutdownTimedOut,
  subscribeExecutor,
} from "./agent_executors.ts";
import { acknowledge, masterLost, pinged, registered, updateFramework } from "../master_link.ts";
import type { Executor, Framework } from "./agent_records.ts";
import { reregistrationTimedOut, start } from "../recovery.ts";
import type { AgentState } from "./agent_state.ts";
import { shutDownExecutor } from "./executor_orders.ts";
import { killTask, runTask } from "./agent_tasks.ts";

export type AgentInput =
  | { type: "START" }
  | { type: "MASTER_MESSAGE"; message: MasterMessage }
  | { type: "MASTER_LOST" }
  | { type: "PING"; ping: Ping }
  | {
    type: "SUBSCRIBE";
    framework: Framework;
    executor: Executor;
    streamId: string;
    subscribe: ExecutorCallSubscribe;
  }
  | { type: "STREAM_CLOSED"; streamId: string }
  | { type: "UPDATE"; framework: Framework; status: TaskStatus }
  | { type: "MESSAGE"; framework: Framework; executorId: ExecutorId; data: Uint8Array }
  | { type: "CONTAINER_STARTED"; run: Run; pid: number }
  | { type: "CONTAINER_FAILED"; run: Run; reason: string }
  | { type: "CONTAINER_ENDED"; run: Run; status: number }
  | { type: "TIMEOUT"; timeout: AgentTimeout }
  | { type: "SHUT_DOWN" };

export function step(state: AgentState, input: AgentInput): AgentEffect[] {
  take(state, input);
  return state.takeEffects();
}

function take(state: AgentState, input: AgentInput): void {
  switch (input.type) {
    case "START":
      return start(state);
    case "MASTER_MESSAGE":
      return takeMasterMessage(state, input.message);
    case "MASTER_LOST":
      return masterLost(state);
    case "PING":
      return pinged(state, input.ping);
    case "SUBSCRIBE":
      return subscribeExecutor(state, input);
    case "STREAM_CLOSED":
      return streamClosed(state, input.streamId);
    case "UPDATE":
      return executorUpdate(state, input.framework, input.status);
    case "MESSAGE":
      return executorMessage(state, input.framework, input);
    case "CONTAINER_STARTED":
      return containerStarted(state, input.run, input.pid);
    case "CONTAINER_FAILED":
      return containerFailed(state, input.run, input.reason);
    case "CONTAINER_ENDED":
      return containerEnded(state, input.run, input.status);
    case "TIMEOUT":
      return takeTimeout(state, input.timeout);
    case "SHUT_DOWN":
      return shutDownAll(state);
  }
}

function takeTimeout(state: AgentState, timeout: AgentTimeout): void {
  switch (timeout.type) {
    case "UPDATE_RETRY":
      return state.updates.retry(timeout);
    case "EXECUTOR_REGISTRATION":
      return registrationTimedOut(state, timeout);
    case "EXECUTOR_SHUTDOWN":
      return shutdownTimedOut(state, timeout);
    case "EXECUTOR_REREGISTRATION":
      return reregistrationTimedOut(state);
    case "MASTER_PING":
      return masterLost(state);
  }
}

function takeMasterMessage(state: AgentState, message: MasterMessage): void {
  if (message.type === "REGISTERED") return registered(state, message);
  // Between the loss of a master and the next registration no master is in charge.
  if (state.phase !== "RUNNING") return;
  switch (message.type) {
    case "RUN_TASK":
      return runTask(state, message);
    case "KILL_TASK":
      return killTask(state, message);
    case "ACKNOWLEDGE":
      return acknowledge(state, message);
    case "UPDATE_FRAMEWORK":
      return updateFramework(state, message.framework);
  }
  const framework = state.frameworks.get(message.frameworkId);
  if (!framework) return;
  if (message.type === "SHUTDOWN_FRAMEWORK") return shutDownFramework(state, framework);
  const executor = framework.executors.get(message.executorId);
  if (!executor || framework.terminating) return;
  if (message.type === "SHUTDOWN_EXECUTOR") return shutDownExecutor(state, executor);
  if (executor.state !== "RUNNING") return;
  state.sendEvent(executor, { type: "MESSAGE", message: { data: message.data } });
}

/** Events for a disconnected executor are lost, as in Mesos. */
function streamClosed(state: AgentState, streamId: string): void {
  for (const { executors } of state.frameworks.values()) {
    for (const executor of executors.values()) {
      if (executor.streamId === streamId) executor.streamId = undefined;
    }
  }
}
