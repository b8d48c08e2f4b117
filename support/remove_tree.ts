/**
 * Removes directories with all that is in them, read-only ones as well.
 *
 * @module
 */

import { join } from "node:path";

const OWNER_ALL = 0o700;

/**
 * Removes a file or directory. What is missing is no error: another process may have been faster.
 *
 * @throws {Error} of the file system, when something can't be removed.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    await openDirectories(path);
    await Deno.remove(path, { recursive: true });
  }
}

/** Entries can be removed only from directories that their owner may write to. */
async function openDirectories(directory: string): Promise<void> {
  await Deno.chmod(directory, OWNER_ALL);
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) await openDirectories(join(directory, name));
  }
}
