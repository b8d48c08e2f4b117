/**
 * Recovery of an agent whose executors may still run. Pure.
 *
 * @see Slave::recover in src/slave/slave.cpp in Mesos
 * @module
 */

import type { ExecutorInfo, FrameworkInfo, TaskStatus } from "../../mesos/wire/messages.ts";
import { formatDuration } from "../protocol/duration.ts";
import { isTerminal, type Task } from "../protocol/task_status.ts";
import type { Run } from "./core/agent_effects.ts";
import { completeTask, type Executor, newExecutor, updateTaskState } from "./core/agent_records.ts";
import type { AgentState } from "./core/agent_state.ts";

export interface RecoveredTask {
  task: Task;
  updates: TaskStatus[];
  acknowledged: Uint8Array[];
}

export interface RecoveredExecutor {
  run: Run;
  info: ExecutorInfo;
  served: boolean;
  pid: number | undefined;
  tasks: RecoveredTask[];
}

export interface RecoveredFramework {
  info: FrameworkInfo;
  executors: RecoveredExecutor[];
}

export function recover(state: AgentState, frameworks: readonly RecoveredFramework[]): void {
  for (const { info, executors } of frameworks) {
    if (executors.length === 0) continue;
    const id = info.id?.value ?? "";
    const recovered = executors.map((executor) => recoverExecutor(state, executor));
    const byId = new Map(recovered.map((executor) => [executor.run.executorId, executor]));
    state.frameworks.set(id, { id, info, terminating: false, executors: byId });
  }
}

function recoverExecutor(
  state: AgentState,
  { run, info, served, pid, tasks }: RecoveredExecutor,
): Executor {
  const executor = newExecutor(run, info, served);
  executor.pid = pid;
  for (const { task, updates, acknowledged } of tasks) {
    const { taskId } = task;
    executor.tasks.set(taskId, task);
    for (const status of updates) updateTaskState(executor, status);
    const done = new Set(acknowledged.map((uuid) => uuid.toHex()));
    const settled = updates.some(({ state: taskState, uuid }) =>
      isTerminal(taskState ?? "TASK_UNKNOWN") && done.has(uuid?.toHex() ?? "")
    );
    if (settled) completeTask(executor, task);
    state.updates.recover({ frameworkId: run.frameworkId, taskId }, updates, acknowledged);
  }
  return executor;
}

/** Starts the agent: it waits for executors to reconnect, then registers with the master. */
export function start(state: AgentState): void {
  if (state.frameworks.size === 0) return finish(state);
  state.want({
    type: "SET_TIMER",
    timeout: { type: "EXECUTOR_REREGISTRATION" },
    afterMs: state.options.executorReregistrationTimeoutMs,
  });
}

function finish(state: AgentState): void {
  state.phase = "DISCONNECTED";
  state.want({ type: "REGISTER" });
}

/** Gives up executors that have not reconnected in time. */
export function reregistrationTimedOut(state: AgentState): void {
  if (state.phase !== "RECOVERING") return;
  const limit = formatDuration(state.options.executorReregistrationTimeoutMs);
  for (const { executors } of state.frameworks.values()) {
    for (const executor of executors.values()) {
      if (executor.state !== "REGISTERING") continue;
      executor.state = "TERMINATING";
      executor.pendingTermination = {
        state: "TASK_GONE",
        reason: "REASON_EXECUTOR_REREGISTRATION_TIMEOUT",
        message: `Executor did not reregister within ${limit}`,
      };
      state.want({ type: "DESTROY", run: executor.run });
    }
  }
  finish(state);
}
