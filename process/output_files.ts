/**
 * The directory of a command and the files that its output goes to.
 *
 * @module
 */

import { dirname } from "node:path";
import { getLogger } from "../support/log.ts";
import { makeFreshDirectory, makeFreshFile, makeOrTakeFile } from "./fresh_files.ts";
import { lastLines } from "./last_lines.ts";
import { removeTree } from "../support/remove_tree.ts";

const log = getLogger("process");

/** Where the output of a command is wanted. */
export interface OutputPaths {
  /** For standard output; in the command's directory when absent. */
  standardOutputPath?: string | undefined;
  /** For standard error; in the command's directory when absent. */
  standardErrorPath?: string | undefined;
}

/** Where a command works and writes. */
export interface OutputPlaces extends OutputPaths {
  /** The directory of the files that are not named; made afresh. */
  outputDirectory: string;
  /** The working directory; made afresh. @default {the same} */
  directory?: string | undefined;
}

/** Files that are there and can be written. */
export interface OutputFiles {
  /** The working directory. */
  directory: string;
  /** The directory of the files that were not named. */
  outputDirectory: string;
  /** For standard output. */
  standardOutputPath: string;
  /** For standard error. */
  standardErrorPath: string;
  /** Bytes that were in the file for standard error before. */
  standardErrorOffset: number;
}

/** Where output goes that is discarded: the only device that is written to. */
const DISCARD_PATH = "/dev/null";

/** The names of files in the output directory. */
const [OUTPUT_NAME, ERROR_NAME] = ["stdout", "stderr"];

/** Opens the file that was named, or else makes the other; gives its size as well. */
function firstWritable(
  wanted: string | undefined,
  fallback: string,
): { path: string; offset: number } {
  if (wanted === DISCARD_PATH) return { path: wanted, offset: 0 };
  if (wanted !== undefined) {
    try {
      return { path: wanted, offset: makeOrTakeFile(wanted) };
    } catch (error) {
      log.warn("Cannot write {wanted}: {error}; writing {fallback}", { wanted, error, fallback });
    }
  }
  makeFreshFile(fallback);
  return { path: fallback, offset: 0 };
}

/**
 * Makes the directories and the files; where a file that was named can't be opened, one in the
 * output directory takes its place.
 *
 * @throws {Error} when a directory can't be made or written.
 */
export async function prepareOutputFiles(places: OutputPlaces): Promise<OutputFiles> {
  const { outputDirectory, directory = outputDirectory } = places;
  await makeFreshDirectory(outputDirectory);
  if (directory !== outputDirectory) await makeFreshDirectory(directory);
  const { standardOutputPath, standardErrorPath } = places;
  const output = firstWritable(standardOutputPath, `${outputDirectory}/${OUTPUT_NAME}`);
  const isShared = standardErrorPath !== undefined && standardErrorPath === standardOutputPath;
  const error = isShared
    ? output
    : firstWritable(standardErrorPath, `${outputDirectory}/${ERROR_NAME}`);
  return {
    directory,
    outputDirectory,
    standardOutputPath: output.path,
    standardErrorPath: error.path,
    standardErrorOffset: error.offset,
  };
}

/**
 * Removes what an ended command has left in its directories, but for its output. Never rejects.
 *
 * @returns Whether all of it is gone.
 */
export async function removeScratch({ directory, outputDirectory }: OutputFiles): Promise<boolean> {
  try {
    if (directory !== outputDirectory) {
      await removeTree(directory);
      // That of the task, unless other jobs of it still work there.
      await Deno.remove(dirname(directory)).catch(() => {});
      return true;
    }
    // A command may put a link in the place of its directory.
    if (!(await Deno.lstat(directory)).isDirectory) return true;
    for await (const { name } of Deno.readDir(directory)) {
      if (name !== OUTPUT_NAME && name !== ERROR_NAME) await removeTree(`${directory}/${name}`);
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    log.warn("Cannot remove {directory}: {error}", { directory, error });
    return false;
  }
}

/** The last whole lines of what the command wrote to standard error; undefined when it is no file. */
export async function standardErrorTail(
  { standardErrorPath, standardErrorOffset }: OutputFiles,
  maxBytes: number,
): Promise<string | undefined> {
  try {
    // Opening a pipe would wait for a writer, and a job may put what it likes in the file's place.
    if (!(await Deno.stat(standardErrorPath)).isFile) return undefined;
    using file = await Deno.open(standardErrorPath);
    const { size } = await file.stat();
    // One byte more tells whether the first line is whole.
    await file.seek(Math.max(standardErrorOffset, size - maxBytes - 1), Deno.SeekMode.Start);
    const bytes = new Uint8Array(maxBytes + 1);
    const length = await file.read(bytes) ?? 0;
    return lastLines(bytes.subarray(0, length), maxBytes);
  } catch (error) {
    log.debug("Cannot read {path}: {error}", { path: standardErrorPath, error });
    return undefined;
  }
}
