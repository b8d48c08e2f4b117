/**
 * Removes directories recursively, including read-only ones.
 *
 * @module
 */

import { join } from "node:path";

const OWNER_ALL = 0o700;

/**
 * Removes a file or directory. A missing one is not an error: another process may have been faster.
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

/** Makes directories writable, so that their entries can be removed. */
async function openDirectories(directory: string): Promise<void> {
  await Deno.chmod(directory, OWNER_ALL);
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) await openDirectories(join(directory, name));
  }
}
