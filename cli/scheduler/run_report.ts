/**
 * The report that a run leaves in a file.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { renderReport } from "../../control/report/report_page.ts";
import type { RunRecorder } from "../../control/report/run_recorder.ts";
import { reasonOf } from "../../support/reason.ts";
import { specialFile } from "../../support/special_file.ts";
import { UsageError } from "../../support/usage_error.ts";
import type { SchedulerOptions } from "../options/scheduler_options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { VERSION } from "../../support/version.ts";
import { resultsPath } from "./result_sink.ts";

/** Of the framework, where none is given. */
export const DEFAULT_NAME = "toil";

/**
 * Checks where the report goes, before anything runs.
 *
 * @throws {UsageError} when it can't be written there, or would overwrite another file of the run.
 */
export function checkReport(options: SchedulerOptions): void {
  const { report, jobs } = options;
  if (report === undefined) return;
  for (const other of [jobs, resultsPath(options)]) {
    if (other !== undefined && resolve(other) === resolve(report)) {
      throw new UsageError(`Cannot write the report to ${report}: the run uses that file itself`);
    }
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
