/**
 * When the directory of a job is removed. Pure.
 *
 * @see toil --cleanWorkDir
 * @module
 */

import type { WorkerCleanupInfo } from "./task_data.ts";

/** Whether a job that has ended like this loses its directory. */
export function isCleaned(
  policy: WorkerCleanupInfo["cleanWorkDir"],
  hasSucceeded: boolean,
): boolean {
  return policy === "always" || policy === (hasSucceeded ? "onSuccess" : "onError");
}
