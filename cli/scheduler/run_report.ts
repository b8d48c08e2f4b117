/**
 * The report that a run leaves in a file.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { renderReport, REPORT_MARK } from "../../control/report/report_page.ts";
import type { RunRecorder } from "../../control/report/run_recorder.ts";
import { reasonOf } from "../../support/reason.ts";
import { specialFile } from "../../support/special_file.ts";
import { UsageError } from "../../support/usage_error.ts";
import type { SchedulerOptions } from "../options/scheduler_options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { VERSION } from "../../support/version.ts";
import { isSame, refuseOverwriting } from "./overwriting.ts";
import { resultsPath } from "./result_sink.ts";

/** How much of a file shows whether it is a report. */
const HEAD_BYTES = 1_024;

/** Of the framework, where none is given. */
export const DEFAULT_NAME = "toil";

/**
 * Checks where the report goes, before anything runs.
 *
 * @throws {UsageError} when it can't be written there, or would overwrite another file of the run.
 */
export function checkReport(options: SchedulerOptions, terminal: Terminal): void {
  const { report } = options;
  if (report === undefined) return;
  refuseOverwriting("--report", report, options);
  const results = resultsPath(options);
  if (results && (resolve(results) === resolve(report) || isSame(results, report))) {
    throw new UsageError(`--report: ${report} is the file of the results; give another one`);
  }
  const kind = specialFile(report);
  // A device, such as /dev/null, takes it at once.
  if (kind !== undefined && kind !== "a device") {
    throw new UsageError(`Cannot write the report to ${report}: it is ${kind}; give a file`);
  }
  const directory = dirname(report);
  if (specialFile(directory) !== "a directory") {
    throw new UsageError(
      `Cannot write the report to ${report}: ${directory} is not a directory; create it first`,
    );
  }
  const found = headOf(report);
  if (found === "") return;
  if (!found.includes(REPORT_MARK)) {
    throw new UsageError(`--report: ${report} exists and is no report; remove it, or give another`);
  }
  terminal.error(`Replacing ${report}, the report of another run`);
}

/**
 * The start of the file; "" for an empty or a new one, which is not left behind.
 *
 * @throws {UsageError} when it can't be written: at the end of the run that would be too late.
 */
function headOf(report: string): string {
  try {
    const isNew = !exists(report);
    using file = Deno.openSync(report, { read: true, write: true, create: true });
    if (isNew) Deno.removeSync(report);
    if (!file.statSync().isFile) return "";
    const bytes = new Uint8Array(HEAD_BYTES);
    return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  } catch (error) {
    throw new UsageError(`Cannot write the report to ${report}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Writes the report, if one is wanted. The results of the run stand also where that fails. */
export function writeReport(
  recorder: RunRecorder,
  { report, name = DEFAULT_NAME }: SchedulerOptions,
  terminal: Terminal,
): void {
  if (report === undefined) return;
  try {
    Deno.writeTextFileSync(report, renderReport(recorder, { name, version: VERSION }));
  } catch (error) {
    terminal.error(`Cannot write the report to ${report}: ${reasonOf(error)}`);
  }
}
