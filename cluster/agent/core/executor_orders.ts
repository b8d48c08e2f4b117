/**
 * What the agent tells an executor of its own accord: run these tasks, end. Pure.
 *
 * @module
 */

import { newTask } from "../../protocol/task_status.ts";
import type { Executor } from "./agent_records.ts";
import type { AgentState } from "./agent_state.ts";

const MS_PER_NANOSECOND = 1e-6;

/** Tells an executor of the tasks that wait for it. */
export function launchQueuedTasks(state: AgentState, executor: Executor): void {
  // It is being destroyed: its tasks end with it.
  if (executor.pendingTermination) return;
  for (const [taskId, task] of executor.queuedTasks) {
    executor.launchedTasks.set(taskId, newTask(task, executor.run.frameworkId));
    state.sendEvent(executor, { type: "LAUNCH", launch: { task } });
  }
  executor.queuedTasks.clear();
}

/** Asks an executor to end, and sees to it that it does. */
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

/** The longest time that an executor here may take to end, in milliseconds. */
export function longestShutdownGraceMs(state: AgentState): number {
  const executors = [...state.frameworks.values()].flatMap((each) => [...each.executors.values()]);
  return Math.max(0, ...executors.map((each) => shutdownGraceMs(state, each)));
}
