/**
 * The jobs of a task, which run one after another: which one has its turn, and what becomes of
 * those behind it. A task of one job is a list of one. Pure.
 *
 * ```text
 *  waiting ──► current: PREPARING ──► RUNNING ──► ENDED ──► the next one, or OVER
 *     │ KILL, KILL_JOBS ──► ended as killed
 *     └ GIVE_BACK ──► given back: it can be run elsewhere
 * ```
 *
 * @module
 */

import type { EndState } from "../job/bundle_report.ts";
import type { JobId } from "../job/job_id.ts";
import type { TaskOutcome } from "../job/task_outcome.ts";
import { type JobInput, type JobStage, NOT_BEGUN, transition } from "./job_state.ts";

/** The jobs of a task that have not ended. */
export interface JobList {
  /** The job that has its turn; undefined when the task is over. */
  readonly current: JobId | undefined;
  /** What that job is doing. */
  readonly stage: JobStage;
  /** The jobs behind it, in their order. */
  readonly waiting: readonly JobId[];
  /** Whether the task was killed. */
  readonly isKilled: boolean;
}

/** An input of the list. */
export type ListInput =
  /** Something happened to a job that had its turn. */
  | { type: "JOB"; jobID: JobId; input: Exclude<JobInput, { type: "KILL" }> }
  /** The task is killed. */
  | { type: "KILL"; graceMs: number }
  /** Some of its jobs are killed. */
  | { type: "KILL_JOBS"; jobIDs: readonly JobId[]; graceMs: number }
  /** The jobs behind the current one have waited for too long. */
  | { type: "GIVE_BACK" };

/** An effect of the list. */
export type ListEffect =
  /** It is the turn of a job. */
  | { type: "BEGIN"; jobID: JobId }
  /** The command of a job runs. */
  | { type: "RUNS"; jobID: JobId }
  /** The command of the current job is killed. */
  | { type: "KILL"; graceMs: number }
  /** A job has ended. */
  | { type: "ENDED"; jobID: JobId; state: EndState; outcome: TaskOutcome }
  /** Jobs will not be begun. */
  | { type: "GIVEN_BACK"; jobIDs: readonly JobId[] }
  /** No job is left. */
  | { type: "OVER"; isKilled: boolean };

/** The list after an input, and the effects, in order. */
export interface ListTransition {
  /** The list. */
  readonly list: JobList;
  /** The effects. */
  readonly effects: readonly ListEffect[];
}

/** The list of a task that begins; the turn of its first job is an effect of the caller's. */
export function newJobList([current, ...waiting]: readonly JobId[]): JobList {
  return { current, stage: "PREPARING", waiting, isKilled: false };
}

/** Applies an input. Each job is begun once at the most, and ends or is given back exactly once. */
export function advance(list: JobList, input: ListInput): ListTransition {
  switch (input.type) {
    case "JOB":
      // It was killed before it was begun, and another has its turn.
      if (input.jobID !== list.current) return { list, effects: [] };
      return advanceCurrent(list, input.input, []);
    case "KILL": {
      const effects = list.waiting.map(killed);
      return advanceCurrent({ ...list, waiting: [], isKilled: true }, input, effects);
    }
    case "KILL_JOBS": {
      const isMeant = (jobID: JobId) => input.jobIDs.includes(jobID);
      const waiting = list.waiting.filter((jobID) => !isMeant(jobID));
      const effects = list.waiting.filter(isMeant).map(killed);
      const left = { ...list, waiting };
      if (list.current === undefined || !isMeant(list.current)) return { list: left, effects };
      return advanceCurrent(left, { type: "KILL", graceMs: input.graceMs }, effects);
    }
    case "GIVE_BACK": {
      if (list.waiting.length === 0) return { list, effects: [] };
      const effect: ListEffect = { type: "GIVEN_BACK", jobIDs: list.waiting };
      return { list: { ...list, waiting: [] }, effects: [effect] };
    }
  }
}

function killed(jobID: JobId): ListEffect {
  return { type: "ENDED", jobID, state: "TASK_KILLED", outcome: NOT_BEGUN };
}

function advanceCurrent(
  list: JobList,
  input: JobInput,
  before: readonly ListEffect[],
): ListTransition {
  const { current: jobID, waiting: [next, ...waiting], isKilled } = list;
  if (jobID === undefined) return { list, effects: before };
  const { stage, effect } = transition(list.stage, input);
  const effects: ListEffect[] = [...before];
  if (effect) effects.push(effect.type === "KILL" ? effect : { ...effect, jobID });
  if (stage !== "ENDED") return { list: { ...list, stage }, effects };
  if (next !== undefined) {
    effects.push({ type: "BEGIN", jobID: next });
    return { list: { ...list, current: next, stage: "PREPARING", waiting }, effects };
  }
  effects.push({ type: "OVER", isKilled });
  return { list: { ...list, current: undefined, stage }, effects };
}
