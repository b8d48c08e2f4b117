/**
 * Results as lines of JSON, and where they go. In a file each line is written once and whole, even
 * if the program is killed between writing and noting that it has.
 *
 * @module
 */

import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { reasonOf } from "../../support/reason.ts";
import { visible } from "../../support/visible_text.ts";
import { UsageError } from "../../support/usage_error.ts";

const MICROSECOND = 1e-6;

/** The line of a result, without its newline. */
export function formatResult(result: BatchJobResult): string {
  const { jobID, name, exitStatus, exitReason, wallTimeSeconds, node, message } = result;
  const json = JSON.stringify({
    jobID,
    name,
    exitStatus,
    exitReason,
    // Microseconds are more than a job's start is known by; no job takes no time.
    wallTime: Math.max(MICROSECOND, Number(wallTimeSeconds.toFixed(6))),
    node,
    message,
  });
  // People print lines, and a terminal obeys some characters that JSON leaves as they are.
  return visible(json);
}

/** Results can't be handed on. */
export class ResultWriteError extends Error {
  /** The name of this class. */
  override readonly name = "ResultWriteError";
  /** Somebody has to make room, or to listen again, first. */
  readonly retryable = false;
}

/** Takes results. */
export interface ResultSink {
  /**
   * Writes results; when it returns they are safe.
   *
   * @throws {ResultWriteError} when they can't be written.
   */
  write(results: readonly BatchJobResult[]): void;
  /** Gives up what the sink holds. */
  close(): void;
}

/** Hands result lines on, to standard output. */
export class ResultOutput implements ResultSink {
  readonly #output: (line: string) => void;

  /**
   * Holds nothing.
   *
   * @param output Takes a line.
   */
  constructor(output: (line: string) => void) {
    this.#output = output;
  }

  /** Hands lines on. */
  write(results: readonly BatchJobResult[]): void {
    try {
      for (const result of results) this.#output(formatResult(result));
    } catch (error) {
      throw cannotWrite("the results", error);
    }
  }

  /** Does nothing. */
  close(): void {}
}

/** A file of result lines; a pipe or a device will do, too. */
export class ResultFile implements ResultSink {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #isOnDisk: boolean;
  readonly #alreadyWritten: ReadonlySet<string>;

  /**
   * Opens the file.
   *
   * @param path Made if it is not there.
   * @param options.resume Keep the whole lines that are there, and do not write them again; an
   * unfinished last line is cut off. Otherwise the file is emptied.
   * @throws {UsageError} when it can't be opened.
   */
  constructor(path: string, { resume }: { resume: boolean }) {
    this.#path = path;
    try {
      this.#file = Deno.openSync(path, { write: true, create: true, truncate: !resume });
      this.#isOnDisk = this.#file.statSync().isFile;
      this.#alreadyWritten = resume && this.#isOnDisk ? this.#keepWholeLines() : new Set();
    } catch (error) {
      throw new UsageError(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Appends lines and flushes them to the disk. */
  write(results: readonly BatchJobResult[]): void {
    const lines = results.map(formatResult).filter((line) => !this.#alreadyWritten.has(line));
    if (lines.length === 0) return;
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    try {
      for (let written = 0; written < bytes.length;) {
        written += this.#file.writeSync(bytes.subarray(written));
      }
      if (this.#isOnDisk) this.#file.syncDataSync();
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  #keepWholeLines(): Set<string> {
    const bytes = Deno.readFileSync(this.#path);
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end < bytes.length) this.#file.truncateSync(end);
    this.#file.seekSync(end, Deno.SeekMode.Start);
    return new Set(new TextDecoder().decode(bytes.subarray(0, end)).split("\n"));
  }
}

function cannotWrite(what: string, cause: unknown): ResultWriteError {
  return new ResultWriteError(`Cannot write ${what}: ${reasonOf(cause)}`, { cause });
}
