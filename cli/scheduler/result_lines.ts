/**
 * Results as lines of JSON, and where they go. In a file each line is written once and whole, even
 * if the program is killed between writing and noting that it has.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { reasonOf } from "../../support/reason.ts";
import { visible } from "../../support/visible_text.ts";
import { UsageError } from "../../support/usage_error.ts";
import { readLines } from "./file_lines.ts";
import { OutputStream } from "../terminal/output_stream.ts";
import { ResultWriteError } from "./result_write_error.ts";

const MICROSECOND = 1e-6;

/** The line of a result, without its newline. */
export function formatResult(result: BatchJobResult): string {
  const { jobID, name, exitStatus, exitReason, wallTimeSeconds, node, message, attempts } = result;
  const json = JSON.stringify({
    jobID,
    name,
    exitStatus,
    exitReason,
    // Microseconds are more than a job's start is known by; no job takes no time.
    wallTime: Math.max(MICROSECOND, Number(wallTimeSeconds.toFixed(6))),
    node,
    message,
    attempts,
  });
  // People print lines, and a terminal obeys some characters that JSON leaves as they are.
  return visible(json);
}

function textOf(results: readonly BatchJobResult[]): string {
  return results.map((result) => `${formatResult(result)}\n`).join("");
}

/** Takes results. */
export interface ResultSink {
  /**
   * Writes results; when it resolves they are safe.
   *
   * @throws {ResultWriteError} when they can't be written.
   */
  write(results: readonly BatchJobResult[]): Promise<void>;
  /** Gives up what the sink holds. */
  close(): void;
}

/** Hands result lines on, to a stream that may be full for any time. */
export class ResultOutput implements ResultSink {
  readonly #name: string;
  readonly #write: (text: string) => Promise<void>;

  /**
   * Holds nothing.
   *
   * @param write Takes lines, and resolves when they are written.
   * @param name What the stream is called.
   */
  constructor(write: (text: string) => Promise<void>, name = "the results") {
    this.#write = write;
    this.#name = name;
  }

  /** Hands lines on. */
  async write(results: readonly BatchJobResult[]): Promise<void> {
    try {
      await this.#write(textOf(results));
    } catch (error) {
      throw cannotWrite(this.#name, error);
    }
  }

  /** Does nothing. */
  close(): void {}
}

/** A pipe or a device that the user names. It is opened by the first write: without a reader that
 * lasts. */
export class ResultPipe extends ResultOutput {
  #file: Deno.FsFile | undefined;

  /**
   * A pipe that is not open yet.
   *
   * @param path Where it is.
   */
  constructor(path: string) {
    const stream = new OutputStream(async () =>
      this.#file = await Deno.open(path, { write: true })
    );
    super((text) => stream.write(text), path);
  }

  /** Closes the pipe, if it was opened. */
  override close(): void {
    this.#file?.close();
  }
}

/** How a file of results is to be used. */
export interface ResultFileOptions {
  /** Keep the whole lines that are there, and do not write them again; an unfinished last line is
   * cut off. Otherwise the file is emptied. */
  readonly resume: boolean;
  /** Write no second line for a job, whatever it says. */
  readonly oncePerJob?: boolean;
}

/** A file of result lines. */
export class ResultFile implements ResultSink {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #keyOf: (line: string) => string;
  readonly #alreadyWritten: ReadonlySet<string>;

  /**
   * Opens the file.
   *
   * @param path Made if it is not there.
   * @param options How to use it.
   * @throws {UsageError} when it can't be opened.
   */
  constructor(path: string, { resume, oncePerJob = false }: ResultFileOptions) {
    this.#path = path;
    this.#keyOf = oncePerJob ? jobKeyOf : digestOf;
    try {
      this.#file = Deno.openSync(path, { write: true, create: true, truncate: !resume });
      this.#alreadyWritten = resume ? this.#keepWholeLines() : new Set();
    } catch (error) {
      throw new UsageError(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Appends lines and flushes them to the disk. What ends meanwhile is gathered for the next. */
  async write(results: readonly BatchJobResult[]): Promise<void> {
    const lines = results.map(formatResult)
      .filter((line) => !this.#alreadyWritten.has(this.#keyOf(line)));
    if (lines.length === 0) return;
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    try {
      for (let written = 0; written < bytes.length;) {
        written += this.#file.writeSync(bytes.subarray(written));
      }
      await this.#file.syncData();
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  #keepWholeLines(): Set<string> {
    const keys = new Set<string>();
    let wholeBytes = 0;
    for (const { text, end, isWhole } of readLines(this.#path)) {
      if (!isWhole) {
        this.#file.truncateSync(wholeBytes);
        break;
      }
      keys.add(this.#keyOf(text));
      wholeBytes = end;
    }
    this.#file.seekSync(wholeBytes, Deno.SeekMode.Start);
    return keys;
  }
}

/** Keeps results in a file, each once, and hands them on, each at least once. */
export class KeptResults implements ResultSink {
  readonly #file: ResultSink;
  readonly #output: ResultSink;

  /**
   * Owns both.
   *
   * @param file Where they are kept.
   * @param output Where they are handed on.
   */
  constructor(file: ResultSink, output: ResultSink) {
    this.#file = file;
    this.#output = output;
  }

  /** Keeps results first: what was not handed on then comes again. */
  async write(results: readonly BatchJobResult[]): Promise<void> {
    await this.#file.write(results);
    await this.#output.write(results);
  }

  /** Closes both. */
  close(): void {
    this.#file.close();
    this.#output.close();
  }
}

/** The first fields name the job: a line of another run may have the same id. */
function jobKeyOf(line: string): string {
  return /^\{"jobID":\d+,"name":"(?:[^"\\]|\\.)*"/.exec(line)?.[0] ?? digestOf(line);
}

/** Short: there may be a million lines. */
function digestOf(line: string): string {
  return createHash("sha256").update(line).digest("base64");
}

function cannotWrite(what: string, cause: unknown): ResultWriteError {
  return new ResultWriteError(`Cannot write ${what}: ${reasonOf(cause)}`, { cause });
}
