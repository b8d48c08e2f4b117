/**
 * How an attempt at a job changes with each input: one table, (phase, input) →
 * action, total. Pure.
 *
 * ```text
 *            STARTING           RUNNING             report
 *  LAUNCHING ────────► STARTING ────────► RUNNING ─────────► end
 *    │ gone                └─────┬──────────┘ │ told to have ended
 *    ▼                           ▼ partition  ▼
 *  back to the queue        UNREACHABLE    SETTLING ── report or timeout ──► end
 *                            │ │ back ──► where it was
 *                            ▼ timeout, gone
 *                           LOST
 * ```
 *
 * A *report* comes from the executor or its agent: it carries a uuid, is the whole truth, and must
 * be acknowledged. A state that is *told* comes from the master's own knowledge, without the
 * executor's labels: a terminal state that is told only announces the report.
 *
 * @see docs/task-state-reasons.md and docs/reconciliation.md in the Mesos documentation
 * @module
 */

import type { TaskState } from "../../mesos/wire/messages.ts";
import type { TaskPhase } from "./records.ts";

/** What can be heard of an attempt. */
export type TaskInput =
  /** The executor or agent reports a state. */
  | `reported ${TaskState}`
  /** The master tells a state. */
  | `told ${TaskState}`
  /** It follows from what Mesos says that no executor ever got it. */
  | "not launched"
  /** It was reported to have failed before the command was begun, by no fault of the job. */
  | "never begun"
  /** Nothing was heard for as long as this phase may last. */
  | "timeout"
  /** Its agent is there, but its executor has not answered for too long. */
  | "executor silent"
  /** The framework was removed: Mesos has killed everything. */
  | "framework removed";

/** What to do about it. */
export type TaskAction =
  /** Nothing new. */
  | "keep"
  /** It is on its way to the executor. */
  | "launching"
  /** The executor has it. */
  | "starting"
  /** It runs. */
  | "running"
  /** It can't be reached: wait. */
  | "unreachable"
  /** It has ended, says the master: wait for the report. */
  | "settle"
  /** It is not there: back to the front of the queue if no executor ever had it, else lost. */
  | "requeue or lose"
  /** The master refused a launch, which may have been the copy of one that it took: ask about it. */
  | "ask"
  /** It did not begin: back to the front of the queue. */
  | "requeue"
  /** It ended, as the report says. */
  | "end"
  /** It ended, as the master said; the report will not come. */
  | "end as told"
  /** It is lost. */
  | "lose"
  /** It is lost; should it live after all, end it. */
  | "kill and lose";

/** What to do about each input. */
export type Row = Readonly<Record<TaskInput, TaskAction>>;

/** What a report means, whatever the phase: it is the truth of now. */
const REPORTED = {
  "reported TASK_STAGING": "keep",
  "reported TASK_STARTING": "starting",
  "reported TASK_RUNNING": "running",
  "reported TASK_KILLING": "running",
  "reported TASK_FINISHED": "end",
  "reported TASK_FAILED": "end",
  "reported TASK_KILLED": "end",
  "reported TASK_ERROR": "end",
  "reported TASK_LOST": "lose",
  "reported TASK_DROPPED": "requeue or lose",
  // The executor had it, whether that was ever reported or not, and has ended.
  "reported TASK_GONE": "lose",
  "reported TASK_GONE_BY_OPERATOR": "lose",
  "reported TASK_UNREACHABLE": "unreachable",
  "reported TASK_UNKNOWN": "unreachable",
  "never begun": "requeue",
} as const;

/** What the master's word means for a task that the executor has. */
const TOLD_OF_LIVE_TASK = {
  "told TASK_STAGING": "keep",
  "told TASK_STARTING": "starting",
  "told TASK_RUNNING": "running",
  "told TASK_KILLING": "running",
  "told TASK_FINISHED": "settle",
  "told TASK_FAILED": "settle",
  "told TASK_KILLED": "settle",
  "told TASK_ERROR": "end",
  "told TASK_LOST": "lose",
  "told TASK_DROPPED": "ask",
  "told TASK_GONE": "settle",
  "told TASK_GONE_BY_OPERATOR": "lose",
  "told TASK_UNREACHABLE": "unreachable",
  // The master does not know the agent. After a master's restart it may yet come back.
  "told TASK_UNKNOWN": "unreachable",
  "not launched": "requeue or lose",
} as const;

/** The table. */
export const TASK_TRANSITIONS: Readonly<Record<TaskPhase, Row>> = {
  LAUNCHING: {
    ...REPORTED,
    ...TOLD_OF_LIVE_TASK,
    // Killed before it reached the agent: there is no executor to report it.
    "told TASK_KILLED": "end as told",
    "timeout": "kill and lose",
    "executor silent": "keep",
    "framework removed": "lose",
  },
  STARTING: {
    ...REPORTED,
    ...TOLD_OF_LIVE_TASK,
    "timeout": "keep",
    "executor silent": "kill and lose",
    "framework removed": "lose",
  },
  RUNNING: {
    ...REPORTED,
    ...TOLD_OF_LIVE_TASK,
    // Told late, or again.
    "reported TASK_STARTING": "keep",
    "told TASK_STARTING": "keep",
    "timeout": "keep",
    "executor silent": "kill and lose",
    "framework removed": "lose",
  },
  UNREACHABLE: {
    ...REPORTED,
    ...TOLD_OF_LIVE_TASK,
    "reported TASK_UNREACHABLE": "keep",
    "reported TASK_UNKNOWN": "keep",
    "told TASK_STAGING": "launching",
    "told TASK_UNREACHABLE": "keep",
    "told TASK_UNKNOWN": "keep",
    "timeout": "kill and lose",
    "executor silent": "keep",
    "framework removed": "lose",
  },
  SETTLING: {
    ...REPORTED,
    ...TOLD_OF_LIVE_TASK,
    // Earlier updates come again, in order, before the one that we wait for.
    "reported TASK_STARTING": "keep",
    "reported TASK_RUNNING": "keep",
    "reported TASK_KILLING": "keep",
    "told TASK_STAGING": "keep",
    "told TASK_STARTING": "keep",
    "told TASK_RUNNING": "keep",
    "told TASK_KILLING": "keep",
    "told TASK_FINISHED": "keep",
    "told TASK_FAILED": "keep",
    "told TASK_KILLED": "keep",
    "told TASK_GONE": "keep",
    "told TASK_GONE_BY_OPERATOR": "end as told",
    "told TASK_UNREACHABLE": "keep",
    "told TASK_UNKNOWN": "keep",
    "not launched": "end as told",
    "timeout": "end as told",
    "executor silent": "keep",
    "framework removed": "end as told",
  },
};

/** Whether a task in this state can do anything yet: an unknown one is killed then. */
export function isAlive(state: TaskState): boolean {
  return state === "TASK_STAGING" || state === "TASK_STARTING" || state === "TASK_RUNNING" ||
    state === "TASK_KILLING";
}
