/**
 * Checks the work directory of jobs on this host. On a node where it can't be created, jobs end as
 * ERROR.
 *
 * @module
 */

import { isBrokenLink } from "../support/special_file.ts";
import { UsageError } from "../support/usage_error.ts";

/**
 * Checks the path on this host, which mostly has the paths of the nodes. One that is missing is
 * made when it is needed.
 *
 * @param path As the user wrote it.
 * @throws {UsageError} when it, or a path above it, is not a directory.
 */
export function checkWorkDirectory(path: string): void {
  if (isNoDirectory(path)) throw new UsageError(`--work-dir: ${path} is not a directory`);
}

function isNoDirectory(path: string): boolean {
  if (isBrokenLink(path)) return true;
  try {
    return !Deno.statSync(path).isDirectory;
  } catch (error) {
    return error instanceof Deno.errors.NotADirectory;
  }
}
