/**
 * Detects paths that are not regular files. Opening a FIFO waits for its other end, and a device
 * may have no end.
 *
 * @module
 */

import { UsageError } from "./usage_error.ts";

/** What a path leads to; undefined where nothing is, or can be looked at. */
export function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

/**
 * The kind of something that is not a regular file.
 *
 * @param path Links are followed.
 * @returns `a FIFO`, `a directory`, `a socket` or `a device`; undefined for a file, and if
 * nothing exists there.
 */
export function specialFile(path: string): string | undefined {
  const found = statOf(path);
  if (!found || found.isFile) return undefined;
  if (found.isFifo) return "a FIFO";
  if (found.isDirectory) return "a directory";
  return found.isSocket ? "a socket" : "a device";
}

/** Whether a path is a link that leads nowhere: no directory can be made in its place. */
export function isBrokenLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink && statOf(path) === undefined;
  } catch {
    return false;
  }
}

/**
 * Checks that a path can be opened as a file of ours.
 *
 * @throws {UsageError} when something else is there.
 */
export function refuseSpecialFile(path: string): void {
  const kind = specialFile(path);
  if (kind !== undefined) {
    throw new UsageError(`Cannot use ${path}: it is ${kind}, not a file; remove it`);
  }
}
