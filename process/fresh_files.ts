/**
 * Directories and files that this process creates itself: anything that occupied their paths
 * before, such as a pipe or a link, is neither opened nor followed.
 *
 * @see open(2): O_EXCL, O_NOFOLLOW, O_NONBLOCK
 * @module
 */

import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { getLogger } from "../support/log.ts";
import { removeTree } from "../support/remove_tree.ts";

const log = getLogger("process");

/** Only the user may access its jobs. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o666;

/** A concurrent clean-up may remove the parent directory while it is empty. */
const MAX_ATTEMPTS = 3;

const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
const SAFELY = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK;

/**
 * Makes an empty directory; what was there is removed. A link in the place of the directory above,
 * which is ours as well, is not followed either.
 *
 * @throws {Error} when it can't be created.
 */
export async function makeFreshDirectory(directory: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      await removeLink(dirname(directory));
      await Deno.mkdir(dirname(directory), { recursive: true, mode: DIRECTORY_MODE });
      return await Deno.mkdir(directory, { mode: DIRECTORY_MODE });
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
      if (error instanceof Deno.errors.AlreadyExists) {
        log.warn("Removing {directory}: another user or program created it", { directory });
        await removeTree(directory);
      } else if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
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
  closeSync(openSync(path, SAFELY | O_CREAT | O_EXCL, FILE_MODE));
}

/**
 * Creates a file, or opens an existing regular file of this user.
 *
 * @returns The size of the file in bytes.
 * @throws {Error} when another kind of file exists, or it can't be created.
 */
export function makeOrTakeFile(path: string): number {
  const descriptor = openSync(path, SAFELY | O_CREAT, FILE_MODE);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new TypeError(`Cannot write ${path}: it is not a regular file`);
    if (stat.uid !== Deno.uid()) {
      throw new TypeError(`Cannot write ${path}: it belongs to another user`);
    }
    return stat.size;
  } finally {
    closeSync(descriptor);
  }
}
