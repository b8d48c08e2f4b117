/**
 * Where the results of a run go, by its options; and what is there already is neither lost nor
 * mixed up without a word.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { type BatchJobExitReason, isExitReason } from "../../job/exit_reason.ts";
import { reasonOf } from "../../support/reason.ts";
import { specialFile, statOf } from "../../support/special_file.ts";
import { UsageError } from "../../support/usage_error.ts";
import type { SchedulerOptions } from "../options/scheduler_options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type FileLine, readLines } from "./file_lines.ts";
import { refuseOverwriting } from "./overwriting.ts";
import {
  KeptResults,
  ResultFile,
  ResultOutput,
  ResultPipe,
  type ResultSink,
} from "./result_lines.ts";

/** Stands for standard output where a file is expected. */
const STANDARD_STREAM = "-";

/** The name of the results in the directory of the state. */
const RESULTS_NAME = "results.jsonl";

/** How much of a file shows what it holds. */
const HEAD_BYTES = 64 * 1024;

/** What an opening needs to know. */
export interface SinkContext {
  /** Takes results without a file, and says what happens to an old one. */
  readonly terminal: Terminal;
  /** Whether no job was ever issued with this state. */
  readonly isNew: boolean;
  /** Whether the state was restored. */
  readonly isRestored: boolean;
  /** Whether the results are those of clients' jobs. */
  readonly isServing: boolean;
}

/** The file of the results; undefined: they are on standard output alone. */
export function resultsPath({ results, state }: SchedulerOptions): string | undefined {
  if (results !== undefined && results !== STANDARD_STREAM) return results;
  return state === undefined ? undefined : join(state, RESULTS_NAME);
}

/**
 * Opens the place for the results. To be called last, for it may empty the file: what is there
 * stays there as long as something may be wrong.
 *
 * @throws {UsageError} when the file is an input, holds something else, or can't be opened.
 */
export function openSink(options: SchedulerOptions, context: SinkContext): ResultSink {
  const path = resultsPath(options);
  const output = new ResultOutput((text) => context.terminal.append(text));
  if (path === undefined) return output;
  refuseOverwriting("--results", path, options);
  if (path !== options.results) refuseSpecialResults(path);
  if (isStream(path)) return new ResultPipe(path);
  refuseOtherContent(path);
  const { terminal, isNew, isRestored, isServing } = context;
  const resume = options.state !== undefined && (!isNew || isRestored);
  if (!resume) tellOfReplaced(path, terminal);
  const file = new ResultFile(path, { resume, oncePerJob: isRestored || isServing });
  if (path === options.results) return file;
  terminal.error(
    `Results are kept in ${path}, each once; on standard output a line can come again after a ` +
      "restart",
  );
  return new KeptResults(file, output);
}

/** The results that a file holds; unfinished lines are left out. None where there is no file. */
export function readResults(path: string | undefined): BatchJobResult[] {
  const results: BatchJobResult[] = [];
  for (const { text } of path === undefined ? [] : linesOf(path)) {
    const parsed = resultSchema.safeParse(parse(text));
    if (!parsed.success) continue;
    const { wallTime, ...rest } = parsed.data;
    results.push({ ...rest, wallTimeSeconds: wallTime, taskId: "" });
  }
  return results;
}

const resultSchema = z.object({
  jobID: z.int().nonnegative(),
  name: z.string(),
  exitStatus: z.int(),
  exitReason: z.custom<BatchJobExitReason>(isExitReason),
  wallTime: z.number().positive(),
  node: z.string(),
  message: z.string(),
  attempts: z.int().positive().optional(),
});

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function linesOf(path: string): Iterable<FileLine> {
  return statOf(path)?.isFile ? readLines(path) : [];
}

function refuseOtherContent(path: string): void {
  if ((statOf(path)?.size ?? 0) === 0 || startsWithResult(path)) return;
  throw new UsageError(
    `--results: ${path} exists and holds no results; remove it, or give another file`,
  );
}

function tellOfReplaced(path: string, terminal: Terminal): void {
  const held = Iterator.from(linesOf(path)).reduce((count) => count + 1, 0);
  if (held === 0) return;
  const lines = held === 1 ? "1 line" : `${held} lines`;
  terminal.error(`Replacing ${path}, which held ${lines} of another run`);
}

/** A line that a killed scheduler has not finished counts, too. */
function startsWithResult(path: string): boolean {
  if (!statOf(path)?.isFile) return true;
  using file = openOrRefuse(path);
  const bytes = new Uint8Array(HEAD_BYTES);
  const read = file.readSync(bytes) ?? 0;
  const head = new TextDecoder().decode(bytes.subarray(0, read));
  return /^\{"jobID":\d+,"name":"/.test(head) || '{"jobID":'.startsWith(head.slice(0, 9)) &&
      !head.includes("\n");
}

function openOrRefuse(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** A pipe can't keep each line once. */
function refuseSpecialResults(path: string): void {
  const kind = specialFile(path);
  if (kind === undefined) return;
  throw new UsageError(
    `Cannot keep results in ${path}: it is ${kind}, not a file; remove it, or give --results`,
  );
}

/** Whether it is there, and is neither a file nor a directory. */
function isStream(path: string): boolean {
  const stat = statOf(path);
  return stat !== undefined && !stat.isFile && !stat.isDirectory;
}
