/**
 * Removing what a command has left, whatever it has done to the modes of its directories.
 *
 * @module
 */

/** Removes a file, a link or a tree; a link is not followed. Nothing there is fine. */
export async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    // Nothing can be removed from a directory that its owner has made read-only.
    await openUp(path);
    await Deno.remove(path, { recursive: true });
  }
}

async function openUp(path: string): Promise<void> {
  if (!(await Deno.lstat(path)).isDirectory) return;
  await Deno.chmod(path, 0o700);
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) await openUp(`${path}/${name}`);
  }
}
