/**
 * What an executor reports of a bundle in the `data` of an update: how jobs have ended since the
 * last one, which one runs, and which are given back. JSON; unknown fields are ignored, so that
 * both sides may have different versions.
 *
 * @module
 */

import {
  type Checked,
  count,
  list,
  object,
  oneOf,
  optional,
  readJson,
  text,
} from "../support/json_checks.ts";
import type { JobId } from "./job_id.ts";
import type { OutcomeLabel, OutcomeStatus } from "./task_outcome.ts";

const endState = oneOf("TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR");

/** How Mesos would call the end of a job that is a task of its own. */
export type EndState = Checked<typeof endState>;

/** The end of a job. */
export interface ReportedEnd extends OutcomeStatus {
  /** The job. */
  readonly jobID: JobId;
  /** How it ended. */
  readonly state: EndState;
}

/** A report on a bundle. */
export interface BundleReport {
  /** Jobs that have ended since the last report. */
  readonly ended: readonly ReportedEnd[];
  /** The job that runs; those behind it have not begun. */
  readonly running?: JobId | undefined;
  /** Jobs that have not begun and will not, in their order: they can be run elsewhere. */
  readonly givenBack: readonly JobId[];
}

/** Encodes the data of an update. */
export function encodeBundleReport(report: BundleReport): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(report));
}

const label = object({ key: text(), value: optional(text()) });

const reportedEnd = object({
  jobID: count,
  state: endState,
  message: optional(text()),
  labels: optional(object({ labels: optional(list(label)) })),
});

const bundleReport = object({
  ended: optional(list(reportedEnd)),
  running: optional(count),
  givenBack: optional(list(count)),
});

/** Decodes the data of an update; undefined if it is something else. */
export function decodeBundleReport(bytes: Uint8Array): BundleReport | undefined {
  const report = readJson(bytes, bundleReport);
  if (!report) return undefined;
  const { ended = [], running, givenBack = [] } = report;
  return { ended, running, givenBack };
}

const RUNS_BUNDLES_KEY = "bundles";

/** With its first update an executor says that it runs bundles; earlier versions do not. */
export const RUNS_BUNDLES: { labels: OutcomeLabel[] } = {
  labels: [{ key: RUNS_BUNDLES_KEY, value: "true" }],
};

/** Whether an update says that its executor runs bundles. */
export function runsBundles({ labels }: Pick<OutcomeStatus, "labels">): boolean {
  return labels?.labels?.some(({ key }) => key === RUNS_BUNDLES_KEY) ?? false;
}
