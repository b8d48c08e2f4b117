/**
 * The lifecycle of executors. Pure.
 *
 * @see src/slave/slave.cpp in Mesos
 * @module
 */

import type { ExecutorId, TaskId } from "../../../mesos/ids.ts";
import type { ExecutorCallSubscribe, TaskStatus } from "../../../mesos/wire/messages.ts";
import { formatDuration } from "../../protocol/duration.ts";
import type { Run } from "./agent_effects.ts";
import { type Executor, type Framework, liveTasks, wasEverSentTask } from "./agent_records.ts";
import type { AgentState } from "./agent_state.ts";
import { launchQueuedTasks, shutDownExecutor } from "./executor_orders.ts";
import { makeUpdate, takeUpdate } from "./agent_updates.ts";

/** An executor subscribes, and its stream is open. */
export function subscribeExecutor(
  state: AgentState,
  { framework, executor, streamId, subscribe }: {
    framework: Framework;
    executor: Executor;
    streamId: string;
    subscribe: ExecutorCallSubscribe;
  },
): void {
  const ending = executor.state === "TERMINATING" || executor.state === "TERMINATED";
  if (ending || framework.terminating || state.phase === "TERMINATING") {
    state.want({ type: "EVENT", streamId, event: { type: "SHUTDOWN" } });
    state.want({ type: "CLOSE_STREAM", streamId });
    return;
  }
  const { unacknowledged_tasks = [], unacknowledged_updates = [] } = subscribe;
  closeStream(state, executor);
  executor.state = "RUNNING";
  executor.streamId = streamId;
  state.want({ type: "START_HEARTBEATS", streamId });
  state.want({
    type: "CLEAR_TIMER",
    timeout: { type: "EXECUTOR_REGISTRATION", ...executor.run },
  });
  const received = unacknowledged_updates.filter(({ status }) =>
    takeUpdate(state, framework, status)
  );
  const known = new Set(unacknowledged_tasks.map(({ task_id }) => task_id.value));
  dropUnknownTasks(state, { framework, executor, known });
  if (!wasEverSentTask(executor) && executor.queuedTasks.size === 0) {
    return shutDownExecutor(state, executor);
  }
  state.sendEvent(executor, {
    type: "SUBSCRIBED",
    subscribed: {
      executor_info: executor.info,
      framework_info: framework.info,
      agent_info: state.info,
      container_id: { value: executor.run.containerId },
    },
  });
  for (const { status } of received) sendAcknowledged(state, executor, status);
  launchQueuedTasks(state, executor);
}

function closeStream(state: AgentState, executor: Executor): void {
  const { streamId } = executor;
  executor.streamId = undefined;
  if (streamId !== undefined) state.want({ type: "CLOSE_STREAM", streamId });
}

/** Drops tasks that the agent had not delivered to the executor when it died. */
function dropUnknownTasks(
  state: AgentState,
  { framework, executor, known }: {
    framework: Framework;
    executor: Executor;
    known: ReadonlySet<TaskId>;
  },
): void {
  for (const [taskId, task] of [...executor.tasks]) {
    if (task.state !== "TASK_STAGING" || known.has(taskId)) continue;
    makeUpdate(state, framework, {
      taskId,
      executorId: executor.run.executorId,
      state: "TASK_DROPPED",
      message: "Task launched during agent restart",
      reason: "REASON_AGENT_RESTARTED",
    });
  }
}

function sendAcknowledged(state: AgentState, executor: Executor, status: TaskStatus): void {
  const { task_id, uuid } = status;
  if (uuid) state.sendEvent(executor, { type: "ACKNOWLEDGED", acknowledged: { task_id, uuid } });
}

export function executorUpdate(state: AgentState, framework: Framework, status: TaskStatus): void {
  const executor = takeUpdate(state, framework, status);
  if (executor) sendAcknowledged(state, executor, status);
}

export function executorMessage(
  state: AgentState,
  framework: Framework,
  { executorId, data }: { executorId: ExecutorId; data: Uint8Array },
): void {
  if (state.phase !== "RUNNING" || framework.terminating) return;
  state.tellMaster({ type: "EXECUTOR_MESSAGE", frameworkId: framework.id, executorId, data });
}

/**
 * Shuts down a framework on this agent: its executors are asked to end, and its updates are
 * dropped.
 */
export function shutDownFramework(state: AgentState, framework: Framework): void {
  if (framework.terminating) return;
  framework.terminating = true;
  for (const executor of [...framework.executors.values()]) {
    if (executor.state === "TERMINATED") state.removeSettled(framework, executor);
    else shutDownExecutor(state, executor);
  }
}

/** Shuts down all frameworks before the agent itself ends. */
export function shutDownAll(state: AgentState): void {
  state.phase = "TERMINATING";
  for (const framework of [...state.frameworks.values()]) {
    // An executor that is not subscribed can't receive a SHUTDOWN.
    const deaf = [...framework.executors.values()].filter(({ streamId }) => streamId === undefined);
    shutDownFramework(state, framework);
    for (const { run } of deaf) state.want({ type: "DESTROY", run });
  }
}

export function shutdownTimedOut(state: AgentState, run: Run): void {
  const executor = state.executorOfRun(run);
  if (executor?.state === "TERMINATING") state.want({ type: "DESTROY", run: executor.run });
}

export function registrationTimedOut(state: AgentState, run: Run): void {
  const executor = state.executorOfRun(run);
  if (executor?.state !== "REGISTERING") return;
  executor.state = "TERMINATING";
  const limit = formatDuration(state.options.executorRegistrationTimeoutMs);
  executor.pendingTermination = {
    state: "TASK_FAILED",
    reason: "REASON_EXECUTOR_REGISTRATION_TIMEOUT",
    message: `Executor did not register within ${limit}`,
  };
  state.want({ type: "DESTROY", run: executor.run });
}

export function containerStarted(state: AgentState, run: Run, pid: number): void {
  const executor = state.executorOfRun(run);
  if (executor) executor.pid = pid;
  const wanted = executor?.state === "REGISTERING" || executor?.state === "RUNNING";
  if (!wanted) state.want({ type: "DESTROY", run });
}

/**
 * Handles an executor that could not be started; the end of its container is reported separately.
 */
export function containerFailed(state: AgentState, run: Run, reason: string): void {
  const executor = state.executorOfRun(run);
  if (!executor) return;
  executor.pendingTermination = {
    state: "TASK_FAILED",
    reason: "REASON_CONTAINER_LAUNCH_FAILED",
    message: `Failed to launch container: ${reason}`,
  };
}

/** Handles the end of an executor's last process. `status` is the wait status, -1 when unknown. */
export function containerEnded(state: AgentState, run: Run, status: number): void {
  const framework = state.frameworks.get(run.frameworkId);
  const executor = state.executorOfRun(run);
  if (!framework || !executor || executor.state === "TERMINATED") return;
  executor.state = "TERMINATED";
  executor.pid = undefined;
  closeStream(state, executor);
  const { frameworkId, executorId } = run;
  state.tellMaster({ type: "EXITED_EXECUTOR", frameworkId, executorId, status });
  for (const { taskId } of liveTasks(executor)) endTask(state, framework, { executor, taskId });
  for (const taskId of [...executor.queuedTasks.keys()]) {
    endTask(state, framework, { executor, taskId });
  }
  state.removeSettled(framework, executor);
}

function endTask(
  state: AgentState,
  framework: Framework,
  { executor, taskId }: { executor: Executor; taskId: TaskId },
): void {
  const termination = executor.pendingTermination ?? {
    state: "TASK_FAILED" as const,
    reason: "REASON_EXECUTOR_TERMINATED" as const,
    message: "Executor terminated",
  };
  makeUpdate(state, framework, {
    taskId,
    executorId: executor.run.executorId,
    ...termination,
  });
}
