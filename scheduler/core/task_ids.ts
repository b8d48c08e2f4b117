/**
 * Ids of attempts and of tasks. An attempt is `JOB-ATTEMPT-EPOCHTAG`: each process draws an epoch,
 * so that no id is used twice, even where the store has forgotten what was launched, and the tag
 * stands for the content of the job, so that a task that the store has forgotten is known by its
 * id. A task of one job has the id of that attempt. The id of a bundle begins with that of its
 * first job's and names the others behind it: `JOB-ATTEMPT-EPOCHTAG-STEPS-TAGS`. Pure.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { TaskId } from "../../mesos/ids.ts";
import type { JobRecord, JobSpec } from "./records.ts";

/** The longest id of a task: a file name has 255 bytes at the most. */
export const MAX_TASK_ID_CHARACTERS = 200;

/** What ids are made of. */
export type IdentifiedJob = Pick<JobRecord, "jobID" | "attempt" | "spec">;

/** The id of a job's present attempt; an empty epoch is for processes that are alone. */
export function attemptIdOf({ jobID, attempt, spec }: IdentifiedJob, epoch: string): TaskId {
  return `${jobID}-${attempt}${epoch === "" ? "" : `-${epoch}${tagOf(spec)}`}`;
}

/** The id of a task of these jobs, which ascend. */
export function taskIdOf(jobs: readonly IdentifiedJob[], epoch: string): TaskId {
  const [first, ...others] = jobs;
  if (!first) throw new RangeError("Cannot name a task: it has no job");
  if (others.length === 0) return attemptIdOf(first, epoch);
  const marks = `${first.jobID}-${first.attempt}-${epoch}${tagOf(first.spec)}`;
  const tags = others.map(({ spec }) => shortTagOf(spec)).join("");
  return `${marks}-${encodeSteps(jobs)}-${tags}`;
}

/** How the ids and attempts of jobs follow each other: `STEP[.ATTEMPT][XTIMES]`, with `_` between. */
function encodeSteps(jobs: readonly IdentifiedJob[]): string {
  const runs: { step: string; times: number }[] = [];
  let before = jobs[0]?.jobID ?? 0;
  for (const { jobID, attempt } of jobs.slice(1)) {
    const step = (jobID - before).toString(36) + (attempt === 1 ? "" : `.${attempt.toString(36)}`);
    const last = runs.at(-1);
    if (last?.step === step) last.times++;
    else runs.push({ step, times: 1 });
    before = jobID;
  }
  return runs.map(({ step, times }) => times === 1 ? step : `${step}X${times}`).join("_");
}

/** An attempt that a task's id names. */
export interface NamedAttempt {
  /** The job. */
  readonly jobID: JobId;
  /** Which attempt at it. */
  readonly attempt: number;
  /** Whether a job is the one that is meant, by its content. */
  readonly isOf: (spec: JobSpec) => boolean;
}

const TASK_ID = /^(\d+)-(\d+)-[0-9a-f]+([0-9a-f]{4})(?:-([0-9a-zX._]+)-((?:[0-9a-f]{2})+))?$/;

const STEP = /^([0-9a-z]+)(?:\.([0-9a-z]+))?(?:X(\d{1,3}))?$/;

/** The attempts that a task's id names, in order; none where it is not one of ours. */
export function attemptsOf(taskId: TaskId): NamedAttempt[] {
  const [, jobID, attempt, tag, steps, tags = ""] = TASK_ID.exec(taskId) ?? [];
  if (jobID === undefined) return [];
  const first = {
    jobID: Number(jobID),
    attempt: Number(attempt),
    isOf: (spec: JobSpec) => tagOf(spec) === tag,
  };
  if (steps === undefined) return [first];
  const others = decodeSteps(steps, first.jobID);
  if (others?.length !== tags.length / 2) return [];
  return [
    first,
    ...others.map((each, index) => ({
      ...each,
      isOf: (spec: JobSpec) => shortTagOf(spec) === tags.slice(2 * index, 2 * index + 2),
    })),
  ];
}

function decodeSteps(
  text: string,
  firstJobID: JobId,
): { jobID: JobId; attempt: number }[] | undefined {
  const attempts: { jobID: JobId; attempt: number }[] = [];
  let jobID = firstJobID;
  for (const run of text.split("_")) {
    const [, step, attempt = "1", times = "1"] = STEP.exec(run) ?? [];
    if (step === undefined) return undefined;
    for (let i = 0; i < Number(times); i++) {
      jobID += parseInt(step, 36);
      attempts.push({ jobID, attempt: parseInt(attempt, 36) });
    }
  }
  return attempts;
}

const BUNDLE_ID = /^[^-]*-[^-]*-[^-]*-/;

/** Whether a task was launched with several jobs. */
export function isBundle(taskId: TaskId): boolean {
  return BUNDLE_ID.test(taskId);
}

/** The id of the attempt at a job that a task is. */
export function attemptIdIn(taskId: TaskId, job: IdentifiedJob): TaskId {
  if (!isBundle(taskId)) return taskId;
  const [, , marks = ""] = taskId.split("-");
  return attemptIdOf(job, marks.slice(0, -TAG_DIGITS));
}

const TAG_DIGITS = 4;

/** Sixteen bits of what distinguishes a job from another of the same number: FNV-1a, folded. */
function tagOf({ command, name, fileDigest = "" }: JobSpec): string {
  let hash = 0x811c9dc5;
  for (const text of [command, name, fileDigest]) {
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash ^ 0x10000, 0x01000193);
  }
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(16).padStart(TAG_DIGITS, "0");
}

/** Eight bits of the same, for the many jobs of a bundle. */
function shortTagOf(spec: JobSpec): string {
  return tagOf(spec).slice(-2);
}
