/**
 * Files that others may have made before: anything in their place that is no regular file of this
 * user, such as a pipe or a link, is neither opened nor followed. Loaded where such files are in
 * use: `node:fs` takes time at the start of an executor.
 *
 * @see open(2): O_NOFOLLOW, O_NONBLOCK
 * @module
 */

import { closeSync, constants, fstatSync, openSync } from "node:fs";

const FILE_MODE = 0o666;

const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
const SAFELY = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK;

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
