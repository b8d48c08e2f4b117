/**
 * Where the jobs of a workflow work, and whether the directory of a job is removed. Pure.
 *
 * @see toil --cleanWorkDir
 * @module
 */

import type { WorkerCleanupInfo } from "./task_data.ts";

/** Whether the directory of an ended job is removed. */
export function isCleaned(
  policy: WorkerCleanupInfo["cleanWorkDir"],
  hasSucceeded: boolean,
): boolean {
  return policy === "always" || policy === (hasSucceeded ? "onSuccess" : "onError");
}

/** The directory in which the jobs of a workflow work; undefined for their sandboxes. */
export function jobsDirectory({ workDir, workflowID }: WorkerCleanupInfo): string | undefined {
  return workDir === undefined ? undefined : `${workDir}/${workflowID}`;
}
