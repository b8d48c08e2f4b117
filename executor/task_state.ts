/**
 * The life of a task on its node, as a table. Pure.
 *
 * ```text
 *              SPAWNED           KILL             EXITED
 *  PREPARING ───────────► RUNNING ───► KILLING ──────────► ENDED
 *      │                     └───────── EXITED ──────────────▲
 *      └─────────── NOT_STARTED, KILL ───────────────────────┘
 * ```
 *
 * @module
 */

import type { TaskOutcome } from "../job/task_outcome.ts";
import type { TaskState } from "../mesos/wire/messages.ts";

/** Where a task stands. */
export type TaskStage = "PREPARING" | "RUNNING" | "KILLING" | "ENDED";

/** What happens to a task. */
export type TaskInput =
  | { type: "SPAWNED" }
  | { type: "NOT_STARTED"; outcome: TaskOutcome }
  | { type: "KILL"; graceMs: number }
  | { type: "EXITED"; outcome: TaskOutcome; killed: boolean };

/** What is to be done about it. */
export type TaskEffect =
  | { type: "UPDATE"; state: TaskState; outcome?: TaskOutcome }
  | { type: "KILL"; graceMs: number };

/** The stage after an input, and what is to be done. */
export interface TaskTransition {
  /** The new stage. */
  stage: TaskStage;
  /** In this order. */
  effects: TaskEffect[];
}

const NOTHING: TaskTransition = { stage: "ENDED", effects: [] };

function end(state: TaskState, outcome: TaskOutcome): TaskTransition {
  return { stage: "ENDED", effects: [{ type: "UPDATE", state, outcome }] };
}

/**
 * The table: every path has exactly one terminal update.
 *
 * @throws {Error} for what can't happen, such as the exit of a task that was never started.
 */
export function transition(stage: TaskStage, input: TaskInput): TaskTransition {
  switch (input.type) {
    case "SPAWNED":
      if (stage !== "PREPARING") break;
      return { stage: "RUNNING", effects: [{ type: "UPDATE", state: "TASK_RUNNING" }] };
    case "NOT_STARTED":
      // Killed meanwhile: the reason does not matter any more.
      if (stage === "ENDED") return NOTHING;
      if (stage !== "PREPARING") break;
      // A user script may be had next time; a job that can't be run as it is described never can.
      return end(input.outcome.isUndeployed ? "TASK_FAILED" : "TASK_ERROR", input.outcome);
    case "KILL":
      if (stage === "ENDED") return NOTHING;
      if (stage === "PREPARING") return end("TASK_KILLED", { reason: "Killed before it started" });
      return { stage: "KILLING", effects: [{ type: "KILL", graceMs: input.graceMs }] };
    case "EXITED": {
      if (stage !== "RUNNING" && stage !== "KILLING") break;
      if (stage === "KILLING" && input.killed) return end("TASK_KILLED", input.outcome);
      const { exitStatus, memoryLimitExceeded, timeLimitExceeded } = input.outcome;
      const isGood = exitStatus === 0 && !memoryLimitExceeded && !timeLimitExceeded;
      return end(isGood ? "TASK_FINISHED" : "TASK_FAILED", input.outcome);
    }
  }
  throw new Error(`Cannot apply ${input.type} to a task: it is ${stage}`);
}
