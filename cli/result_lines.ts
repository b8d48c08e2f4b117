/**
 * Results as lines of JSON, and the file that they go to: each line is written once and whole, even
 * if the program is killed between writing and noting that it has.
 *
 * @module
 */

import type { BatchJobResult } from "../scheduler/model.ts";
import { reasonOf } from "./reason.ts";
import { UsageError } from "./usage_error.ts";

/** The line of a result, without its newline. */
export function formatResult(result: BatchJobResult): string {
  const { jobID, name, exitStatus, exitReason, wallTimeSeconds, node, message } = result;
  return JSON.stringify({
    jobID,
    name,
    exitStatus,
    exitReason,
    // Microseconds are more than a job's start is known by.
    wallTime: Number(wallTimeSeconds.toFixed(6)),
    node,
    message,
  });
}

/** Takes result lines. */
export interface ResultSink {
  /** Writes results; when it returns they are safe. */
  write(results: readonly BatchJobResult[]): void;
  /** Gives up what the sink holds. */
  close(): void;
}

/** Where result lines go. */
export interface ResultSinkOptions {
  /** Keep the lines that are in the file; otherwise it is emptied. */
  readonly resume: boolean;
  /** Takes a line where there is no file. */
  readonly output: (line: string) => void;
}

/**
 * Opens what takes the results: a file, or something that takes lines.
 *
 * @throws {UsageError} when the file can't be written.
 */
export function openResultSink(
  path: string | undefined,
  { resume, output }: ResultSinkOptions,
): ResultSink {
  if (path === undefined) {
    return {
      write: (results) => results.forEach((result) => output(formatResult(result))),
      close: () => {},
    };
  }
  try {
    return new ResultFile(path, { resume });
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** A file of result lines. */
export class ResultFile implements ResultSink {
  readonly #file: Deno.FsFile;
  readonly #alreadyWritten: ReadonlySet<string>;

  /**
   * Opens the file.
   *
   * @param path Made if it is not there.
   * @param options.resume Keep the whole lines that are there, and do not write them again; an
   * unfinished last line is cut off. Otherwise the file is emptied.
   */
  constructor(path: string, { resume }: { resume: boolean }) {
    this.#file = Deno.openSync(path, { read: true, write: true, create: true });
    this.#alreadyWritten = resume ? this.#wholeLines(path) : new Set();
    if (!resume) this.#file.truncateSync(0);
    this.#file.seekSync(0, Deno.SeekMode.End);
  }

  /** Appends lines and flushes them to the disk. */
  write(results: readonly BatchJobResult[]): void {
    const lines = results.map(formatResult).filter((line) => !this.#alreadyWritten.has(line));
    if (lines.length === 0) return;
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    for (let written = 0; written < bytes.length;) {
      written += this.#file.writeSync(bytes.subarray(written));
    }
    this.#file.syncDataSync();
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  #wholeLines(path: string): Set<string> {
    const bytes = Deno.readFileSync(path);
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end < bytes.length) this.#file.truncateSync(end);
    return new Set(new TextDecoder().decode(bytes.subarray(0, end)).split("\n"));
  }
}
