/**
 * Checks that a directory can be trusted with the state: anyone who can write files into it decides
 * which jobs run.
 *
 * @module
 */

import { isBrokenLink } from "../support/special_file.ts";
import { UsageError } from "../support/usage_error.ts";

/** Written by the group, or by everyone. */
const WRITTEN_BY_OTHERS = 0o022;

/**
 * Checks an existing directory; a missing one is created later, for the user alone.
 *
 * @param path As the user wrote it.
 * @param uid Who we are.
 * @throws {UsageError} when it is none, a broken link, another user's, or others can write to it.
 */
export function checkStateDirectory(path: string, uid: number | null = Deno.uid()): void {
  if (isBrokenLink(path)) {
    throw new UsageError(`Cannot keep the state in ${path}: it is a link that leads nowhere`);
  }
  const found = stat(path);
  if (found === undefined) return;
  const reason = found === "no directory" || !found.isDirectory
    ? "not a directory"
    : found.uid !== uid
    ? `it belongs to the user ${found.uid}`
    : ((found.mode ?? 0) & WRITTEN_BY_OTHERS) !== 0
    ? "others can write to it; run chmod go-w on it"
    : undefined;
  if (reason !== undefined) throw new UsageError(`Cannot keep the state in ${path}: ${reason}`);
}

/** Undefined where nothing is; whatever else is wrong is found when the store is opened. */
function stat(path: string): Deno.FileInfo | "no directory" | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    return error instanceof Deno.errors.NotADirectory ? "no directory" : undefined;
  }
}
