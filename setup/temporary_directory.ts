/**
 * The directory for what a scheduler needs while it runs. It carries a mark, and nothing without
 * the mark is ever removed.
 *
 * @module
 */

import { join } from "node:path";
import { markPrivate } from "../resource/private_directory.ts";
import { getLogger } from "../support/log.ts";
import { reasonOf } from "../support/reason.ts";
import { removeTree } from "../support/remove_tree.ts";
import { UsageError } from "../support/usage_error.ts";

const log = getLogger("setup");

const PREFIX = "toil-mesos-";

/** Within the directory; says that the directory, and all that is in it, is ours. */
const MARK_NAME = ".toil-mesos-temporary";

const MARK = "Made by toil-mesos, which removes this directory.\n";

/**
 * Makes a temporary directory, to be removed with {@linkcode removeTemporaryDirectory}.
 *
 * @param state The state directory, if there is one: the temporary one lies within, so that the
 * next scheduler finds and removes what a killed one has left.
 * @throws {UsageError} when that is not possible.
 */
export async function makeTemporaryDirectory(state: string | undefined): Promise<string> {
  try {
    const parent = state === undefined ? undefined : await Deno.realPath(state);
    if (parent !== undefined) await removeLeftOvers(parent);
    const directory = await Deno.makeTempDir({
      prefix: PREFIX,
      ...(parent === undefined ? {} : { dir: parent }),
    });
    await Deno.writeTextFile(join(directory, MARK_NAME), MARK, { createNew: true, mode: 0o600 });
    markPrivate(directory);
    return directory;
  } catch (error) {
    throw new UsageError(`Cannot make a temporary directory: ${reasonOf(error)}`, { cause: error });
  }
}

/** Removes it, whatever jobs have left in it. Where that fails, the log says so. */
export async function removeTemporaryDirectory(directory: string): Promise<void> {
  try {
    await removeTree(directory);
  } catch (error) {
    log.warn("Cannot remove {directory}: {error}", { directory, error });
  }
}

async function removeLeftOvers(parent: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(parent)) {
    const directory = join(parent, name);
    if (!isDirectory || !name.startsWith(PREFIX) || !await isMarked(directory)) continue;
    // A directory that can't be removed does no harm.
    await removeTree(directory).catch(() => {});
  }
}

async function isMarked(directory: string): Promise<boolean> {
  const path = join(directory, MARK_NAME);
  try {
    const { isFile, size } = await Deno.lstat(path);
    return isFile && size === MARK.length && await Deno.readTextFile(path) === MARK;
  } catch {
    return false;
  }
}
