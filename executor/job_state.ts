/**
 * The state machine of a job on its node. Pure.
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

import type { EndState } from "../job/bundle_report.ts";
import type { TaskOutcome } from "../job/task_outcome.ts";

/** The stage of a job. */
export type JobStage = "PREPARING" | "RUNNING" | "KILLING" | "ENDED";

/** An input of the state machine. */
export type JobInput =
  | { type: "SPAWNED" }
  | { type: "NOT_STARTED"; outcome: TaskOutcome }
  | { type: "KILL"; graceMs: number }
  | { type: "EXITED"; outcome: TaskOutcome; killed: boolean };

/** An effect of the state machine. */
export type JobEffect =
  | { type: "RUNS" }
  | { type: "ENDED"; state: EndState; outcome: TaskOutcome }
  | { type: "KILL"; graceMs: number };

/** The stage after an input, and the effect. */
export interface JobTransition {
  /** The new stage. */
  stage: JobStage;
  /** What follows, if anything. */
  effect?: JobEffect;
}

const NOTHING: JobTransition = { stage: "ENDED" };

/** The outcome of a job that is killed before it was begun. */
export const NOT_BEGUN: TaskOutcome = { reason: "Killed before it started" };

function end(state: EndState, outcome: TaskOutcome): JobTransition {
  return { stage: "ENDED", effect: { type: "ENDED", state, outcome } };
}

/**
 * Applies an input. On every path there is exactly one end.
 *
 * @throws {Error} for an impossible input, such as the exit of a job that was never started.
 */
export function transition(stage: JobStage, input: JobInput): JobTransition {
  switch (input.type) {
    case "SPAWNED":
      if (stage !== "PREPARING") break;
      return { stage: "RUNNING", effect: { type: "RUNS" } };
    case "NOT_STARTED":
      // Killed meanwhile: the reason no longer matters.
      if (stage === "ENDED") return NOTHING;
      if (stage !== "PREPARING") break;
      // A deployment may succeed next time; an invalid job never will.
      return end(input.outcome.isUndeployed ? "TASK_FAILED" : "TASK_ERROR", input.outcome);
    case "KILL":
      if (stage === "ENDED") return NOTHING;
      if (stage === "PREPARING") return end("TASK_KILLED", NOT_BEGUN);
      return { stage: "KILLING", effect: { type: "KILL", graceMs: input.graceMs } };
    case "EXITED": {
      if (stage !== "RUNNING" && stage !== "KILLING") break;
      if (stage === "KILLING" && input.killed) return end("TASK_KILLED", input.outcome);
      const { exitStatus, memoryLimitExceeded, timeLimitExceeded } = input.outcome;
      const isGood = exitStatus === 0 && !memoryLimitExceeded && !timeLimitExceeded;
      return end(isGood ? "TASK_FINISHED" : "TASK_FAILED", input.outcome);
    }
  }
  throw new Error(`Cannot apply ${input.type} to a job: it is ${stage}`);
}
