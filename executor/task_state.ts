/**
 * The state machine of a task on its node. Pure.
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

/** The stage of a task. */
export type TaskStage = "PREPARING" | "RUNNING" | "KILLING" | "ENDED";

/** An input of the state machine. */
export type TaskInput =
  | { type: "SPAWNED" }
  | { type: "NOT_STARTED"; outcome: TaskOutcome }
  | { type: "KILL"; graceMs: number }
  | { type: "EXITED"; outcome: TaskOutcome; killed: boolean };

/** An effect of the state machine. */
export type TaskEffect =
  | { type: "UPDATE"; state: TaskState; outcome?: TaskOutcome }
  | { type: "KILL"; graceMs: number };

/** The stage after an input, and the effects. */
export interface TaskTransition {
  /** The new stage. */
  stage: TaskStage;
  /** The effects, in order. */
  effects: TaskEffect[];
}

const NOTHING: TaskTransition = { stage: "ENDED", effects: [] };

function end(state: TaskState, outcome: TaskOutcome): TaskTransition {
  return { stage: "ENDED", effects: [{ type: "UPDATE", state, outcome }] };
}

/**
 * Applies an input. Every path has exactly one terminal update.
 *
 * @throws {Error} for an impossible input, such as the exit of a task that was never started.
 */
export function transition(stage: TaskStage, input: TaskInput): TaskTransition {
  switch (input.type) {
    case "SPAWNED":
      if (stage !== "PREPARING") break;
      return { stage: "RUNNING", effects: [{ type: "UPDATE", state: "TASK_RUNNING" }] };
    case "NOT_STARTED":
      // Killed meanwhile: the reason no longer matters.
      if (stage === "ENDED") return NOTHING;
      if (stage !== "PREPARING") break;
      // A deployment may succeed next time; an invalid job never will.
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
