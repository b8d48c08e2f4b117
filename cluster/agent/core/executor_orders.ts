/**
 * Events that the agent sends to executors: LAUNCH and SHUTDOWN. Pure.
 *
 * @module
 */

import { newTask } from "../../protocol/task_status.ts";
import type { Executor } from "./agent_records.ts";
import type { AgentState } from "./agent_state.ts";

const MS_PER_NANOSECOND = 1e-6;

export function launchQueuedTasks(state: AgentState, executor: Executor): void {
  // The executor is being destroyed, and its tasks with it.
  if (executor.pendingTermination) return;
  for (const [taskId, task] of executor.queuedTasks) {
    executor.tasks.set(taskId, newTask(task, executor.run.frameworkId));
    state.sendEvent(executor, { type: "LAUNCH", launch: { task } });
  }
  executor.queuedTasks.clear();
}

/** Asks an executor to shut down and starts the timer after which it is killed. */
export function shutDownExecutor(state: AgentState, executor: Executor): void {
  if (executor.state !== "REGISTERING" && executor.state !== "RUNNING") return;
  executor.state = "TERMINATING";
  state.sendEvent(executor, { type: "SHUTDOWN" });
  state.want({
    type: "SET_TIMER",
    timeout: { type: "EXECUTOR_SHUTDOWN", ...executor.run },
    afterMs: shutdownGraceMs(state, executor),
  });
}

function shutdownGraceMs({ options }: AgentState, { info }: Executor): number {
  const { shutdown_grace_period } = info;
  return shutdown_grace_period
    ? shutdown_grace_period.nanoseconds * MS_PER_NANOSECOND
    : options.executorShutdownGracePeriodMs;
}

/** The longest shutdown grace period of the executors here, in milliseconds. */
export function longestShutdownGraceMs(state: AgentState): number {
  const executors = [...state.frameworks.values()].flatMap((each) => [...each.executors.values()]);
  return Math.max(0, ...executors.map((each) => shutdownGraceMs(state, each)));
}
