/**
 * A run of the jobs of a file: issues them, hands their results on, and ends when all have ended.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import type { JobsFile } from "./jobs_file.ts";
import { MAX_RESULTS_CAUGHT_UP } from "./result_log.ts";
import { type EndCounts, Progress, total } from "./progress.ts";
import type { ResultSink } from "./result_lines.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Jobs issued in one commit. */
const ISSUE_BATCH = 1_000;

/** Results handed on in one commit. */
const RESULT_BATCH = 1_000;

/** A pipe that is not read does not keep an interrupted run from its end. */
const LAST_RESULTS_MS = 1_000;

/** How often the status line is renewed when nothing happens. */
const STATUS_MS = 500;

/** What a run works with. */
export interface JobRunOptions {
  /** Started. */
  batchSystem: MesosBatchSystem;
  /** The jobs. */
  file: JobsFile;
  /** Takes the results. */
  sink: ResultSink;
  /** Shows the progress. */
  terminal: Terminal;
  /** Ends the run early. */
  signal: AbortSignal;
  /** Milliseconds, never stepping back. */
  now: () => number;
}

/** How far a run came. */
export interface JobRunState {
  /** How jobs have ended whose results were written. */
  readonly ended: EndCounts;
  /** Results that an early end left half written. */
  readonly held: readonly BatchJobResult[];
}

/** Runs the jobs until all have ended, or the run is ended early. */
export async function runJobs(options: JobRunOptions): Promise<JobRunState> {
  const { batchSystem, file, terminal, now } = options;
  const endedBefore = batchSystem.jobFile(file.digest)?.ended ?? {};
  const progress = new Progress(file.jobs.length, { ended: endedBefore, nowMs: now() });
  const killed = killedBefore(options);
  const unsubscribe = batchSystem.messageBus.subscribe((event) => {
    progress.observe(event);
    if (event.type === "JOB_KILLED") killed.push(event.jobID);
  });
  const status = setInterval(() => terminal.status(progress.line(now())), STATUS_MS);
  try {
    const [, held] = await Promise.all([issue(options), collect(options, { progress, killed })]);
    return { ended: batchSystem.jobFile(file.digest)?.ended ?? {}, held };
  } finally {
    unsubscribe();
    clearInterval(status);
    terminal.status("");
  }
}

async function issue({ batchSystem, file, signal }: JobRunOptions): Promise<void> {
  const { digest, jobs } = file;
  let issued = batchSystem.jobFile(digest)?.issued ?? 0;
  while (issued < jobs.length && !signal.aborted) {
    const batch = jobs.slice(issued, issued + ISSUE_BATCH);
    await batchSystem.issueBatchJobs(batch, { file: { digest, issuedBefore: issued } });
    issued += batch.length;
  }
  // The others that Mesos may run are of clients' jobs.
  if (batchSystem.isRestored && issued >= jobs.length) {
    await batchSystem.noteReported({ results: [], reissues: false });
  }
}

/** Jobs whose lines an earlier run may not have written. */
function killedBefore({ batchSystem, file }: JobRunOptions): JobId[] {
  return batchSystem.inspection.lastEnded().take(MAX_RESULTS_CAUGHT_UP)
    .filter(({ spec, result }) =>
      spec.fileDigest === file.digest && result?.exitReason === "KILLED"
    ).map(({ jobID }) => jobID).toArray().reverse();
}

async function collect(
  options: JobRunOptions,
  { progress, killed }: { progress: Progress; killed: JobId[] },
): Promise<BatchJobResult[]> {
  const { batchSystem, file, sink, terminal, signal, now } = options;
  /** Jobs that clients have killed are no results that are taken, but the file has a line of each. */
  const writeKilled = async () => {
    const views = killed.splice(0).map((jobID) => batchSystem.inspection.job(jobID));
    const lines = views.flatMap((job) =>
      job?.result && job.spec.fileDigest === file.digest ? [job.result] : []
    );
    if (lines.length > 0) await sink.write(lines);
  };
  const isDone = () =>
    total(batchSystem.jobFile(file.digest)?.ended ?? {}) >= file.jobs.length &&
    // Clients of the control API have jobs here, too.
    !batchSystem.inspection.hasOtherJobs;
  const patience = new AbortController();
  aborted(signal).then(() => aborted(lastResultsSignal())).then(() => patience.abort());
  const { signal: interrupted } = patience;
  while (!isDone() && !signal.aborted) {
    await unlessAborted(writeKilled(), interrupted);
    const results = await batchSystem.takeResults({
      limit: RESULT_BATCH,
      maxWaitMs: STATUS_MS,
      fileDigest: file.digest,
    });
    if (results.length === 0) continue;
    // Written first, noted after: what was written and not noted is recognised at the next start.
    // They may never be consumed: an interrupt must not wait for that for long.
    if (!await unlessAborted(sink.write(results), interrupted)) return results;
    await batchSystem.acknowledgeResults(results.map(({ jobID }) => jobID));
    for (const { exitReason } of results) progress.count(exitReason);
    terminal.status(progress.line(now()));
  }
  await unlessAborted(writeKilled(), interrupted);
  return [];
}

/** Aborted when an interrupted run has waited for its last results for long enough. */
export function lastResultsSignal(): AbortSignal {
  return AbortSignal.timeout(LAST_RESULTS_MS);
}

/**
 * Resolves to whether a promise has settled before the signal was aborted. Nothing stays with the
 * signal, which outlives any number of promises.
 */
export async function unlessAborted(
  promise: Promise<unknown>,
  signal: AbortSignal,
): Promise<boolean> {
  const over = Promise.withResolvers<boolean>();
  const abort = () => over.resolve(false);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  promise.then(() => over.resolve(true), over.reject);
  try {
    return await over.promise;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Resolves when a signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}
