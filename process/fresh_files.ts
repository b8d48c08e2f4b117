/**
 * Directories and files that this process creates itself: anything that occupied their paths
 * before, such as a pipe or a link, is neither opened nor followed.
 *
 * @see open(2): O_EXCL
 * @module
 */

import { dirname } from "node:path";
import { getLogger } from "../support/log.ts";
import { removeTree } from "../support/remove_tree.ts";

const log = getLogger("process");

/** Only the user may access its jobs. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o666;

/** A concurrent clean-up may remove the parent directory while it is empty. */
const MAX_ATTEMPTS = 3;

/**
 * Makes an empty directory; what was there is removed. A link in the place of the directory above,
 * which is ours as well, is not followed either.
 *
 * @throws {Error} when it can't be created.
 */
export async function makeFreshDirectory(directory: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      const parent = dirname(directory);
      if (!isDirectory(parent)) {
        await removeLink(parent);
        await Deno.mkdir(parent, { recursive: true, mode: DIRECTORY_MODE });
      }
      // A thread for each call would take longer than the call.
      return Deno.mkdirSync(directory, { mode: DIRECTORY_MODE });
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
      if (error instanceof Deno.errors.AlreadyExists) {
        log.warn("Removing {directory}: another user or program created it", { directory });
        await removeTree(directory);
      } else if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Whether there is a directory, and not a link to one. */
function isDirectory(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeLink(path: string): Promise<void> {
  const found = await Deno.lstat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (!found?.isSymlink) return;
  log.warn("Removing {path}: a link is in the place of a directory of ours", { path });
  await Deno.remove(path);
}

/**
 * Creates an empty file.
 *
 * @throws {Error} when the path exists or can't be created.
 */
export function makeFreshFile(path: string): void {
  Deno.openSync(path, { write: true, createNew: true, mode: FILE_MODE }).close();
}
