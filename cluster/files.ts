/**
 * Atomic writes, tolerant reads and removal of small files.
 *
 * @module
 */

import { dirname } from "node:path";
import { refuseSpecialFile } from "../support/special_file.ts";

/** Writes a file atomically: readers, and a later start, find the old content or the new one. */
export function writeFileAtomically(path: string, content: Uint8Array): void {
  const temporary = `${path}.new`;
  Deno.writeFileSync(temporary, content);
  Deno.renameSync(temporary, path);
}

/** Writes a file atomically, and creates its directory if needed. */
export function writeFileAndDirectories(path: string, content: Uint8Array): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  writeFileAtomically(path, content);
}

/**
 * The content of a file; undefined if it does not exist.
 *
 * @throws {Error} when it can't be read
 * @throws {UsageError} when it is something other than a file.
 */
export function readFileIfPresent(path: string): Uint8Array | undefined {
  refuseSpecialFile(path);
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Removes a file or directory, if it exists. */
export function removeIfPresent(path: string, options?: Deno.RemoveOptions): void {
  try {
    Deno.removeSync(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The sorted names in a directory; empty if it does not exist or is not a directory. */
export function listDirectory(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch (error) {
    const { NotADirectory, NotFound } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return [];
    throw error;
  }
}
