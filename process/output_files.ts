/**
 * The directory of a command and the files that its output goes to.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";
import { lastLines } from "./last_lines.ts";

const log = getLogger("process");

/** Where the output of a command is wanted. */
export interface OutputPaths {
  /** For standard output; in the command's directory when absent. */
  standardOutputPath?: string | undefined;
  /** For standard error; in the command's directory when absent. */
  standardErrorPath?: string | undefined;
}

/** Files that are there and can be written. */
export interface OutputFiles {
  /** The working directory. */
  directory: string;
  /** For standard output. */
  standardOutputPath: string;
  /** For standard error. */
  standardErrorPath: string;
  /** Bytes that were in the file for standard error before. */
  standardErrorOffset: number;
}

/** Opens a file for appending, and tells its size. */
async function touch(path: string): Promise<number> {
  using file = await Deno.open(path, { append: true, create: true });
  return (await file.stat()).size;
}

async function firstWritable(wanted: string | undefined, fallback: string): Promise<string> {
  if (wanted === undefined) return fallback;
  try {
    await touch(wanted);
    return wanted;
  } catch (error) {
    log.warn("Cannot write {wanted}: {error}; writing {fallback}", { wanted, error, fallback });
    return fallback;
  }
}

/**
 * Makes the directory and opens the files; where a file that was named can't be opened, the one in
 * the directory takes its place.
 *
 * @throws {Error} when the directory can't be made or written.
 */
export async function prepareOutputFiles(
  directory: string,
  wanted: OutputPaths,
): Promise<OutputFiles> {
  await Deno.mkdir(directory, { recursive: true });
  const { standardOutputPath, standardErrorPath } = wanted;
  const output = await firstWritable(standardOutputPath, `${directory}/stdout`);
  const error = await firstWritable(standardErrorPath, `${directory}/stderr`);
  await touch(output);
  return {
    directory,
    standardOutputPath: output,
    standardErrorPath: error,
    standardErrorOffset: await touch(error),
  };
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
