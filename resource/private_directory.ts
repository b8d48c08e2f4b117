/**
 * Directories in which a run or cluster of ours keeps state and secrets. A marker file
 * keeps every run from deploying them as part of its user script.
 *
 * @module
 */

import { join } from "node:path";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";

const MARK_NAME = ".toil-mesos-private";

const MARK = "toil-mesos keeps state and secrets here: never part of a user script.\n";

/**
 * Marks an existing directory, unless it is already marked.
 *
 * @throws {UsageError} when the marker file can't be written.
 */
export function markPrivate(directory: string): void {
  if (isMarkedPrivate(directory)) return;
  const path = join(directory, MARK_NAME);
  try {
    Deno.writeTextFileSync(path, MARK, { mode: 0o600, createNew: true });
  } catch (error) {
    const isTaken = error instanceof Deno.errors.AlreadyExists;
    // Another scheduler may mark it at the same time.
    if (isTaken && isMarkedPrivate(directory)) return;
    const reason = isTaken ? "something other than a file is there; remove it" : reasonOf(error);
    throw new UsageError(`Cannot write ${path}: ${reason}`, { cause: error });
  }
}

/** Whether a directory is marked. */
export function isMarkedPrivate(directory: string): boolean {
  try {
    return Deno.lstatSync(join(directory, MARK_NAME)).isFile;
  } catch {
    return false;
  }
}
