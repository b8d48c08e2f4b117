/**
 * Launches and kills tasks on behalf of the master. Pure.
 *
 * @see Slave::run and Slave::kill in src/slave/slave.cpp in Mesos
 * @module
 */

import type { ExecutorId, FrameworkId, TaskId } from "../../../mesos/ids.ts";
import type { ExecutorInfo, TaskInfo, TaskStatusReason } from "../../../mesos/wire/messages.ts";
import type { MasterMessage } from "../../protocol/agent_protocol.ts";
import { newTask } from "../../protocol/task_status.ts";
import {
  type Executor,
  executorOfTask,
  type Framework,
  newExecutor,
  wasEverSentTask,
} from "./agent_records.ts";
import type { AgentState } from "./agent_state.ts";
import { updateContainer } from "./container_resources.ts";
import { makeUpdate } from "./agent_updates.ts";
import { launchQueuedTasks, shutDownExecutor } from "./executor_orders.ts";

export type RunTask = MasterMessage & { type: "RUN_TASK" };

/** Starts a task, and an executor for it if the master expects a new one. */
export function runTask(state: AgentState, message: RunTask): void {
  const { framework: info, task, launchExecutor } = message;
  if (task.agent_id.value !== state.id) return;
  const frameworkId = info.id?.value ?? "";
  const framework = state.frameworks.get(frameworkId) ?? addFramework(state, message);
  const { executor: executorInfo } = task;
  // The master rejects tasks without one.
  if (!executorInfo) return;
  const executorId = executorInfo.executor_id.value;
  if (framework.terminating) {
    if (launchExecutor) sendNoExecutor(state, frameworkId, executorId);
    return;
  }
  const executor = framework.executors.get(executorId);
  const refusal = launchRefusal(executorId, { launchExecutor, executor }) ??
    (executor ? undefined : userRefusal(state, framework, executorInfo));
  if (refusal) {
    dropTask(state, framework, { task, ...refusal });
    if (!launchExecutor) return;
    return !executor || executor.state === "TERMINATED"
      ? sendNoExecutor(state, frameworkId, executorId)
      : shutDownExecutor(state, executor);
  }
  const owner = executor ?? addExecutor(state, framework, executorInfo);
  giveTask(state, owner, task);
}

function addFramework(state: AgentState, { framework: info }: RunTask): Framework {
  const framework = {
    id: info.id?.value ?? "",
    info,
    terminating: false,
    executors: new Map<ExecutorId, Executor>(),
  };
  state.frameworks.set(framework.id, framework);
  state.checkpoint({ type: "FRAMEWORK", info });
  return framework;
}

interface LaunchRefusal {
  reason: TaskStatusReason;
  message: string;
  executorId?: ExecutorId;
}

function launchRefusal(
  executorId: ExecutorId,
  { launchExecutor, executor }: {
    launchExecutor: boolean;
    executor: Executor | undefined;
  },
): LaunchRefusal | undefined {
  const reason = "REASON_EXECUTOR_TERMINATED";
  if (launchExecutor && executor) {
    const message = "Master wants to launch executor, but one already exists";
    return { executorId, reason, message };
  }
  if (!launchExecutor && !executor) {
    const message = "No executor is expected to launch and there is none running";
    return { executorId, reason, message };
  }
  if (executor?.state === "TERMINATING" || executor?.state === "TERMINATED") {
    return { reason, message: `Executor ${executor.state.toLowerCase()}` };
  }
  return undefined;
}

function userRefusal(
  state: AgentState,
  { info }: Framework,
  { executor_id, command }: ExecutorInfo,
): LaunchRefusal | undefined {
  const user = command?.user ?? info.user;
  const error = state.options.userError(user);
  return error === undefined ? undefined : {
    executorId: executor_id.value,
    reason: "REASON_EXECUTOR_TERMINATED",
    message:
      `Failed to create executor directory: Failed to chown directory to '${user}': ${error}`,
  };
}

/** Corrects the master, which expects an executor that was not started. */
function sendNoExecutor(state: AgentState, frameworkId: FrameworkId, executorId: ExecutorId): void {
  state.tellMaster({ type: "EXITED_EXECUTOR", frameworkId, executorId, status: -1 });
}

function dropTask(
  state: AgentState,
  framework: Framework,
  { task, ...refusal }: LaunchRefusal & { task: TaskInfo },
): void {
  const taskId = task.task_id.value;
  makeUpdate(state, framework, { taskId, ...refusal, state: "TASK_DROPPED" });
}

function addExecutor(
  state: AgentState,
  framework: Framework,
  info: ExecutorInfo,
): Executor {
  const executorId = info.executor_id.value;
  const run = { frameworkId: framework.id, executorId, containerId: state.options.newUuid() };
  const executor = newExecutor(run, info);
  framework.executors.set(executorId, executor);
  state.checkpointExecutor(executor);
  state.want({ type: "LAUNCH", run, info });
  state.want({
    type: "SET_TIMER",
    timeout: { type: "EXECUTOR_REGISTRATION", ...run },
    afterMs: state.options.executorRegistrationTimeoutMs,
  });
  return executor;
}

function giveTask(state: AgentState, executor: Executor, task: TaskInfo): void {
  const { run } = executor;
  state.checkpoint({ type: "TASK", run, task: newTask(task, run.frameworkId) });
  executor.queuedTasks.set(task.task_id.value, task);
  updateContainer(state, executor);
  if (executor.state === "RUNNING") launchQueuedTasks(state, executor);
}

export function killTask(
  state: AgentState,
  { frameworkId, taskId, killPolicy }: MasterMessage & { type: "KILL_TASK" },
): void {
  const framework = state.frameworks.get(frameworkId);
  if (!framework || framework.terminating) return;
  const executor = executorOfTask(framework, taskId);
  if (!executor) {
    return makeUpdate(state, framework, {
      taskId,
      state: "TASK_DROPPED",
      message: "Cannot find executor",
      reason: "REASON_EXECUTOR_TERMINATED",
    });
  }
  if (executor.queuedTasks.has(taskId)) {
    return killQueuedTask(state, framework, { executor, taskId });
  }
  if (executor.state !== "RUNNING") return;
  const kill = { task_id: { value: taskId }, ...(killPolicy ? { kill_policy: killPolicy } : {}) };
  state.sendEvent(executor, { type: "KILL", kill });
}

function killQueuedTask(
  state: AgentState,
  framework: Framework,
  { executor, taskId }: { executor: Executor; taskId: TaskId },
): void {
  if (executor.state !== "REGISTERING" && executor.state !== "RUNNING") return;
  makeUpdate(state, framework, {
    taskId,
    executorId: executor.run.executorId,
    state: "TASK_KILLED",
    message: "Killed before delivery to the executor",
    reason: "REASON_TASK_KILLED_DURING_LAUNCH",
  });
  const useless = !wasEverSentTask(executor) && executor.queuedTasks.size === 0;
  if (executor.state === "RUNNING" && useless) shutDownExecutor(state, executor);
}
