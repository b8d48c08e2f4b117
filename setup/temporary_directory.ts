/**
 * The directory for what a scheduler or cluster needs while it runs. It carries a mark, which is
 * locked for as long as its process lives: nothing without the mark, and nothing that is in use, is
 * ever removed.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { markPrivate } from "../resource/private_directory.ts";
import { getLogger } from "../support/log.ts";
import { reasonOf } from "../support/reason.ts";
import { removeTree } from "../support/remove_tree.ts";
import { UsageError } from "../support/usage_error.ts";

const log = getLogger("setup");

const PREFIX = "toil-mesos-";

/** Within the directory; says that the directory, and all that is in it, is ours. */
const MARK_NAME = ".toil-mesos-temporary";

const MARK = "Made by toil-mesos, which removes this directory once no process has locked this.\n";

/** A directory that is removed when it is disposed of. */
export class RunDirectory implements AsyncDisposable {
  /** Absolute. */
  readonly path: string;
  readonly #mark: Deno.FsFile;

  private constructor(path: string, mark: Deno.FsFile) {
    this.path = path;
    this.#mark = mark;
  }

  /**
   * Makes a directory, and removes those beside it that processes of this user have left when they
   * were killed.
   *
   * @param parent Where; by default where temporary files are kept.
   * @throws {UsageError} when that is not possible.
   */
  static async create(parent?: string): Promise<RunDirectory> {
    try {
      const dir = parent === undefined ? undefined : await Deno.realPath(parent);
      const path = await Deno.makeTempDir({
        prefix: PREFIX,
        ...(dir === undefined ? {} : { dir }),
      });
      const directory = new RunDirectory(path, await makeMark(path));
      markPrivate(path);
      await removeLeftOvers(dirname(path));
      return directory;
    } catch (error) {
      const advice = parent === undefined ? "; set TMPDIR to a directory of yours" : "";
      const place = parent ?? (Deno.env.get("TMPDIR") || "/tmp");
      throw new UsageError(
        `Cannot make a temporary directory in ${place}: ${reasonOf(error)}${advice}`,
        { cause: error },
      );
    }
  }

  /** Removes it, whatever jobs have left in it. Where that fails, the log says so. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await removeMarked(this.path);
    } catch (error) {
      log.warn("Cannot remove {directory}: {error}", { directory: this.path, error });
    } finally {
      this.#mark.close();
    }
  }
}

/** Locked before it says anything: without its text it is no mark. */
async function makeMark(directory: string): Promise<Deno.FsFile> {
  const path = join(directory, MARK_NAME);
  try {
    const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    // Where the file system has no locks, others can't take one either.
    await file.tryLock(true).catch(() => {});
    await Deno.writeTextFile(path, MARK);
    return file;
  } catch (error) {
    await removeTree(directory).catch(() => {});
    throw error;
  }
}

/** A directory that can't be read or removed does no harm. */
async function removeLeftOvers(parent: string): Promise<void> {
  const names = await Array.fromAsync(Deno.readDir(parent)).catch(() => []);
  for (const { name, isDirectory } of names) {
    if (!isDirectory || !name.startsWith(PREFIX)) continue;
    const directory = join(parent, name);
    await removeIfLeft(directory).catch((error) =>
      log.debug("Cannot remove {directory}: {error}", { directory, error })
    );
  }
}

async function removeIfLeft(directory: string): Promise<void> {
  const path = join(directory, MARK_NAME);
  if (!await isOwnMark(directory, path)) return;
  using mark = await Deno.open(path);
  if (!await mark.tryLock(true)) return;
  log.info("Removing {directory}, which a killed process has left", { directory });
  await removeMarked(directory);
}

/** In a place that all users share, another one may have made the directory. */
async function isOwnMark(directory: string, path: string): Promise<boolean> {
  try {
    const [{ uid }, mark] = [await Deno.lstat(directory), await Deno.lstat(path)];
    const isOwn = uid === Deno.uid() && mark.uid === Deno.uid();
    return isOwn && mark.isFile && mark.size === MARK.length &&
      await Deno.readTextFile(path) === MARK;
  } catch {
    return false;
  }
}

/**
 * The mark goes last: should this be interrupted, the next process finds it.
 *
 * @throws {Error} of the file system, when something can't be removed.
 */
async function removeMarked(directory: string): Promise<void> {
  for (const { name } of await Array.fromAsync(Deno.readDir(directory)).catch(() => [])) {
    if (name !== MARK_NAME) await removeTree(join(directory, name)).catch(() => {});
  }
  await removeTree(directory);
}
