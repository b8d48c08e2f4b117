/**
 * Decides whether to remove the directory of a job. Pure.
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
