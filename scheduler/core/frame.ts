/**
 * One turn of the logic: the state, the time, and what is to be done once the changes are written
 * down.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { TaskId } from "../../mesos/ids.ts";
import type { SchedulerRequest } from "../../mesos/scheduler.ts";
import type { TaskStatus } from "../../mesos/wire/messages.ts";
import type { BatchSystemEvent } from "./events.ts";
import type { JobRecord } from "./records.ts";
import type { SchedulerSettings } from "./settings.ts";
import type { SchedulerState } from "./scheduler_state.ts";

/** What is to be done with a local job. */
export type LocalAction =
  /** Run it, as this attempt. */
  | { readonly type: "START"; readonly job: JobRecord; readonly taskId: TaskId }
  /** End it. */
  | { readonly type: "KILL"; readonly jobID: JobId };

/** What follows from an input, to be done after the commit, in this order. */
export interface Effects {
  /** Calls to the master. */
  readonly calls: SchedulerRequest[];
  /** Local jobs to start and to kill. */
  readonly localActions: LocalAction[];
  /** Events for the message bus. */
  readonly events: BatchSystemEvent[];
  /** Whether to subscribe as a new framework. */
  subscribeAnew: boolean;
  /** Whether to send Mesos the framework's new capabilities. */
  updateFramework: boolean;
}

/** What the functions of the logic work on. */
export interface Frame extends Effects {
  /** The time of the input. */
  readonly nowMs: number;
  /** The state; changed in place. */
  readonly state: SchedulerState;
  /** What the user decided. */
  readonly settings: SchedulerSettings;
}

/** A frame in which nothing has happened yet. */
export function newFrame(
  state: SchedulerState,
  settings: SchedulerSettings,
  nowMs: number,
): Frame {
  return {
    nowMs,
    state,
    settings,
    calls: [],
    localActions: [],
    events: [],
    subscribeAnew: false,
    updateFramework: false,
  };
}

/** Confirms that the update has arrived; sent after the commit. */
export function acknowledge({ calls }: Frame, { uuid, agent_id, task_id }: TaskStatus): void {
  if (uuid && agent_id) {
    calls.push({ type: "ACKNOWLEDGE", acknowledge: { agent_id, task_id, uuid } });
  }
}
