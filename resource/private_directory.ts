/**
 * Directories in which some run or cluster of ours keeps state and secrets. They carry a mark, so
 * that no run takes them for a part of its user script.
 *
 * @module
 */

import { join } from "node:path";

const MARK_NAME = ".toil-mesos-private";

const MARK = "toil-mesos keeps state and secrets here: never part of a user script.\n";

/**
 * Marks a directory that is there, unless it is marked already.
 *
 * @throws {Error} when the mark can't be written.
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
