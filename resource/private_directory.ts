/**
 * Directories in which a run or cluster of ours keeps state and secrets. A marker file
 * keeps every run from deploying them as part of its user script.
 *
 * @module
 */

import { join } from "node:path";

const MARK_NAME = ".toil-mesos-private";

const MARK = "toil-mesos keeps state and secrets here: never part of a user script.\n";

/**
 * Marks an existing directory, unless it is already marked.
 *
 * @throws {Error} when the marker file can't be written.
 */
export function markPrivate(directory: string): void {
  if (isMarkedPrivate(directory)) return;
  Deno.writeTextFileSync(join(directory, MARK_NAME), MARK, { mode: 0o600 });
}

/** Whether a directory is marked. */
export function isMarkedPrivate(directory: string): boolean {
  try {
    return Deno.lstatSync(join(directory, MARK_NAME)).isFile;
  } catch {
    return false;
  }
}
