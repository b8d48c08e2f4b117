/**
 * Whether jobs can work where the user wants them to. The nodes have the last word: a directory
 * that one of them can't make ends its jobs as ERROR.
 *
 * @module
 */

import { UsageError } from "../support/usage_error.ts";

/**
 * Checks the path on this host, which mostly has the paths of the nodes. One that is missing is
 * made when it is needed.
 *
 * @param path As the user wrote it.
 * @throws {UsageError} when something else than a directory is there or above it.
 */
export function checkWorkDirectory(path: string): void {
  if (isNoDirectory(path)) throw new UsageError(`--work-dir: ${path} is not a directory`);
}

function isNoDirectory(path: string): boolean {
  try {
    return !Deno.statSync(path).isDirectory;
  } catch (error) {
    return error instanceof Deno.errors.NotADirectory;
  }
}
