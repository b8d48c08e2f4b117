/**
 * The directory of a command and the files that its output goes to.
 *
 * @module
 */

import { dirname } from "node:path";
import { getLogger } from "../support/log.ts";
import { makeFreshDirectory } from "./fresh_files.ts";
import { lastLines } from "./last_lines.ts";
import { removeTree } from "../support/remove_tree.ts";

const log = getLogger("process");

/** The output files of a command. */
export interface OutputPaths {
  /** For standard output; in the command's directory when absent. */
  standardOutputPath?: string | undefined;
  /** For standard error; in the command's directory when absent. */
  standardErrorPath?: string | undefined;
}

/** The directories and output files of a command. */
export interface OutputPlaces extends OutputPaths {
  /** The directory of output files without a path; recreated empty. */
  outputDirectory: string;
  /** The working directory; recreated empty. @default {the same} */
  directory?: string | undefined;
}

/** Where the output of a command goes. */
export interface OutputFiles {
  /** The working directory. */
  directory: string;
  /** The directory of output files without a path. */
  outputDirectory: string;
  /** For standard output. */
  standardOutputPath: string;
  /** For standard error. */
  standardErrorPath: string;
  /** Those of the two that the start of the command creates. */
  freshPaths: readonly string[];
  /** The size of the file for standard error before the command. */
  standardErrorOffset: number;
}

/** The sink of discarded output, and the only device that may be written to. */
const DISCARD_PATH = "/dev/null";

/** The names of files in the output directory. */
const [OUTPUT_NAME, ERROR_NAME] = ["stdout", "stderr"];

interface ChosenFile {
  readonly path: string;
  readonly offset: number;
  readonly isFresh: boolean;
}

/** Opens the wanted file or else chooses the fallback; returns its path and size. */
async function firstWritable(wanted: string | undefined, fallback: string): Promise<ChosenFile> {
  if (wanted === DISCARD_PATH) return { path: wanted, offset: 0, isFresh: false };
  if (wanted !== undefined) {
    try {
      const { makeOrTakeFile } = await import("./shared_files.ts");
      return { path: wanted, offset: makeOrTakeFile(wanted), isFresh: false };
    } catch (error) {
      log.warn("Cannot write {wanted}: {error}; writing {fallback}", { wanted, error, fallback });
    }
  }
  return { path: fallback, offset: 0, isFresh: true };
}

/**
 * Creates the directories and the named files; if a named file can't be opened, one in the
 * output directory replaces it, which the start of the command creates.
 *
 * @throws {Error} when a directory can't be created.
 */
export async function prepareOutputFiles(places: OutputPlaces): Promise<OutputFiles> {
  const { outputDirectory, directory = outputDirectory } = places;
  await makeFreshDirectory(outputDirectory);
  if (directory !== outputDirectory) await makeFreshDirectory(directory);
  const { standardOutputPath, standardErrorPath } = places;
  const output = await firstWritable(standardOutputPath, `${outputDirectory}/${OUTPUT_NAME}`);
  const isShared = standardErrorPath !== undefined && standardErrorPath === standardOutputPath;
  const error = isShared
    ? output
    : await firstWritable(standardErrorPath, `${outputDirectory}/${ERROR_NAME}`);
  return {
    directory,
    outputDirectory,
    standardOutputPath: output.path,
    standardErrorPath: error.path,
    freshPaths: [output, ...(isShared ? [] : [error])].filter(({ isFresh }) => isFresh)
      .map(({ path }) => path),
    standardErrorOffset: error.offset,
  };
}

/**
 * Removes the directories of an ended command, except for its output. Never rejects.
 *
 * @returns Whether everything was removed.
 */
export async function removeScratch({ directory, outputDirectory }: OutputFiles): Promise<boolean> {
  try {
    if (directory !== outputDirectory) {
      await removeTree(directory);
      // The directory of the task, unless its other jobs still use it.
      await Deno.remove(dirname(directory)).catch(() => {});
      return true;
    }
    // A command may replace its directory by a link.
    if (!Deno.lstatSync(directory).isDirectory) return true;
    for (const { name } of Deno.readDirSync(directory)) {
      if (name !== OUTPUT_NAME && name !== ERROR_NAME) await removeTree(`${directory}/${name}`);
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    log.warn("Cannot remove {directory}: {error}", { directory, error });
    return false;
  }
}

/** The last whole lines that the command wrote to standard error; undefined if it is not a file. */
export async function standardErrorTail(
  { standardErrorPath, standardErrorOffset }: OutputFiles,
  maxBytes: number,
): Promise<string | undefined> {
  try {
    // Opening a pipe would wait for a writer, and a job may replace the file by anything.
    if (!(await Deno.stat(standardErrorPath)).isFile) return undefined;
    using file = await Deno.open(standardErrorPath);
    const { size } = await file.stat();
    // One more byte shows whether the first line is whole.
    await file.seek(Math.max(standardErrorOffset, size - maxBytes - 1), Deno.SeekMode.Start);
    const bytes = new Uint8Array(maxBytes + 1);
    const length = await file.read(bytes) ?? 0;
    return lastLines(bytes.subarray(0, length), maxBytes);
  } catch (error) {
    log.debug("Cannot read {path}: {error}", { path: standardErrorPath, error });
    return undefined;
  }
}
