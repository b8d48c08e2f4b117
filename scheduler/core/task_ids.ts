/**
 * Ids of attempts: `JOB-ATTEMPT-EPOCHTAG`. Each process draws an epoch, so that no id is used
 * twice, even where the store has forgotten what was launched. The tag stands for the content of
 * the job, so that a task that the store has forgotten is known by its id.
 *
 * @module
 */

import type { JobRecord, JobSpec } from "./records.ts";

/** The id of a job's present attempt; an empty epoch is for processes that are alone. */
export function taskIdOf({ jobID, attempt, spec }: JobRecord, epoch: string): string {
  return `${jobID}-${attempt}${epoch === "" ? "" : `-${epoch}${tagOf(spec)}`}`;
}

/** The number of the job that an id names; NaN where it names none. */
export function jobIDOf(taskId: string): number {
  return Number(taskId.split("-", 1)[0]);
}

/** Which attempt at a job an id names; undefined where it is not of that job. */
export function attemptOf(taskId: string, { jobID, spec }: JobRecord): number | undefined {
  const [, job, attempt, tag] = /^(\d+)-(\d+)-[0-9a-f]+([0-9a-f]{4})$/.exec(taskId) ?? [];
  return Number(job) === jobID && tag === tagOf(spec) ? Number(attempt) : undefined;
}

/** Sixteen bits of what distinguishes a job from another of the same number: FNV-1a, folded. */
function tagOf({ command, name, fileDigest = "" }: JobSpec): string {
  let hash = 0x811c9dc5;
  for (const text of [command, name, fileDigest]) {
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash ^ 0x10000, 0x01000193);
  }
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(16).padStart(4, "0");
}
