/**
 * What an executor reports of a bundle in the `data` of an update: how jobs have ended since the
 * last one, which one runs, and which are given back. JSON; unknown fields are ignored, so that
 * both sides may have different versions.
 *
 * @module
 */

import type { OutcomeLabel, OutcomeStatus } from "./task_outcome.ts";

/** How Mesos would call the end of a job that is a task of its own. */
export type EndState = "TASK_FINISHED" | "TASK_FAILED" | "TASK_KILLED" | "TASK_ERROR";

const END_STATES: readonly unknown[] = [
  "TASK_FINISHED",
  "TASK_FAILED",
  "TASK_KILLED",
  "TASK_ERROR",
];

/** The end of a job. */
export interface ReportedEnd extends OutcomeStatus {
  /** The job. */
  readonly jobID: number;
  /** How it ended. */
  readonly state: EndState;
}

/** A report on a bundle. */
export interface BundleReport {
  /** Jobs that have ended since the last report. */
  readonly ended: readonly ReportedEnd[];
  /** The job that runs; those behind it have not begun. */
  readonly running?: number | undefined;
  /** Jobs that have not begun and will not, in their order: they can be run elsewhere. */
  readonly givenBack: readonly number[];
}

/** Encodes the data of an update. */
export function encodeBundleReport(report: BundleReport): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(report));
}

/** Decodes the data of an update; undefined if it is something else. */
export function decodeBundleReport(bytes: Uint8Array): BundleReport | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const { ended = [], running, givenBack = [] } = json;
  const isSound = Array.isArray(ended) && ended.every(isReportedEnd) && Array.isArray(givenBack) &&
    givenBack.every(isJobID) && (running === undefined || isJobID(running));
  return isSound ? { ended: ended.map(onlyKnown), running, givenBack } : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isJobID(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isReportedEnd(value: unknown): value is ReportedEnd {
  if (!isObject(value) || !isJobID(value["jobID"])) return false;
  const { state, message = "", labels = {} } = value;
  if (!END_STATES.includes(state) || typeof message !== "string" || !isObject(labels)) return false;
  const { labels: list = [] } = labels;
  return Array.isArray(list) && list.every(isLabel);
}

/** Without what a newer executor says besides. */
function onlyKnown({ jobID, state, message, labels }: ReportedEnd): ReportedEnd {
  const list = labels?.labels?.map(({ key, value }) => ({ key, value }));
  return { jobID, state, message, labels: { labels: list } };
}

function isLabel(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { key, value: text = "" } = value;
  return typeof key === "string" && typeof text === "string";
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
