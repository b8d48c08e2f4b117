/**
 * Launches without any report of an executor: Mesos is asked about them, a warning is logged, and
 * in the end they are given up. Pure.
 *
 * @module
 */

import type { TaskId } from "../../mesos/ids.ts";
import type { Frame } from "./frame.ts";
import type { TaskRecord } from "./records.ts";
import type { SchedulerState } from "./scheduler_state.ts";
import { attemptIdIn } from "./task_ids.ts";
import { handleTaskInput } from "./task_updates.ts";

/** How long a launch may go without a word before it is asked about, and asked about again. */
export const LAUNCH_ANSWER_MS = 30_000;

/** How long before a warning: fetching a program takes time. */
export const LAUNCH_WARN_MS = 2 * 60_000;

/** How long before the launch is given up. */
export const LAUNCH_LIMIT_MS = 15 * 60_000;

/** A launch without a word. */
export interface SilentLaunch {
  /** When to ask Mesos about it. */
  readonly askMs: number;
  /** Since when a word could have come. */
  readonly sinceMs: number;
  /** Whether a warning was logged. */
  readonly isTold: boolean;
}

/** A word is waited for from now on. */
export function watchLaunch(state: SchedulerState, taskId: TaskId, nowMs: number): void {
  // At the end, so that the order is that of the times to ask.
  state.silentLaunches.delete(taskId);
  const askMs = nowMs + LAUNCH_ANSWER_MS;
  state.silentLaunches.set(taskId, { askMs, sinceMs: nowMs, isTold: false });
}

/** No report could come without a subscription. */
export function watchLaunchesAgain({ state, nowMs }: Frame): void {
  for (const taskId of [...state.silentLaunches.keys()]) watchLaunch(state, taskId, nowMs);
}

/** Does what is due about silent launches. */
export function checkLaunches(frame: Frame): void {
  const { state, nowMs } = frame;
  for (const [taskId, launch] of state.silentLaunches) {
    if (nowMs < launch.askMs) break;
    state.silentLaunches.delete(taskId);
    const task = state.tasks.get(taskId);
    if (task) checkLaunch(frame, task, launch);
  }
}

function checkLaunch(frame: Frame, task: TaskRecord, { sinceMs, isTold }: SilentLaunch): void {
  const { state, nowMs, events } = frame;
  const { taskId, node } = task;
  const silentMs = nowMs - sinceMs;
  if (silentMs >= LAUNCH_LIMIT_MS) return handleTaskInput(frame, task, "timeout");
  const tells = silentMs >= LAUNCH_WARN_MS && !isTold;
  for (const job of tells ? state.jobsOf(task) : []) {
    const about = { jobID: job.jobID, taskId: attemptIdIn(taskId, job), node };
    events.push({ type: "LAUNCH_SILENT", ...about, silentMs });
  }
  state.reconciliation.add(taskId);
  const askMs = nowMs + LAUNCH_ANSWER_MS;
  state.silentLaunches.set(taskId, { askMs, sinceMs, isTold: isTold || tells });
}
