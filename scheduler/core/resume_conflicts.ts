/**
 * What a store holds that a new run would do harm to. Pure.
 *
 * @module
 */

import type { SchedulerState } from "./scheduler_state.ts";

/** Jobs that would suffer. */
export interface Obstacles {
  /** Jobs of other files, or of none, that are not done with: they end when the run does. */
  readonly jobsOfOthers: number;
  /** Jobs that run on a Mesos that stays, while the run is on one of its own: they can't be reached. */
  readonly jobsElsewhere: number;
}

/** Counts them, for a run of the file with this digest. */
export function findObstacles(
  { jobs, framework }: SchedulerState,
  { digest, mesosIsTemporary }: { digest: string; mesosIsTemporary: boolean },
): Obstacles {
  const isElsewhere = mesosIsTemporary && !framework.onTemporaryMesos;
  let [jobsOfOthers, jobsElsewhere] = [0, 0];
  for (const { spec, taskId } of jobs.values()) {
    if (spec.fileDigest !== digest) jobsOfOthers++;
    if (isElsewhere && taskId !== undefined && !spec.local) jobsElsewhere++;
  }
  return { jobsOfOthers, jobsElsewhere };
}
