/**
 * A scheduler without jobs of its own: it serves its clients until it is asked to stop.
 *
 * @module
 */

import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import type { Resource } from "../../resource/resource.ts";
import { EXIT_CODE } from "../exit_code.ts";
import { lastResultsSignal, unlessAborted } from "./job_run.ts";
import { countJobs } from "./progress.ts";
import type { ResultSink } from "./result_lines.ts";
import { ResultLog } from "./result_log.ts";
import type { JobRunEnd } from "./run_to_end.ts";

/** Why a scheduler ends. */
export type StopReason = "keep jobs" | "end jobs" | "SIGINT";

/** What serving works with. */
export interface ServeOptions {
  /** Not started. */
  readonly batchSystem: MesosBatchSystem;
  /** Deployed to every node. */
  readonly userScript: Resource | undefined;
  /** What was reported before the state was restored; undefined: it was not. */
  readonly reported: readonly BatchJobResult[] | undefined;
  /** Takes the results of clients' jobs; undefined: the clients alone do. */
  readonly sink: ResultSink | undefined;
  /** Aborted when the scheduler is to end; the reason is a {@linkcode StopReason} or a signal. */
  readonly signal: AbortSignal;
  /** Whether the jobs survive without this process and can be resumed. */
  readonly mayKeepJobs: boolean;
}

/** Serves until the signal is aborted. */
export async function serve(
  { sink, ...options }: ServeOptions,
): Promise<JobRunEnd> {
  const results = sink && new ResultLog(options.batchSystem, sink);
  try {
    return await serveClients({ ...options, results });
  } finally {
    // Those that a file lacks are caught up with by the next scheduler; a pipe may have no reader.
    if (results) await unlessAborted(results.close(), lastResultsSignal());
  }
}

async function serveClients(
  { batchSystem, userScript, reported, results, signal, mayKeepJobs }:
    & Omit<ServeOptions, "sink">
    & { readonly results: ResultLog | undefined },
): Promise<JobRunEnd> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    if (userScript) await batchSystem.setUserScript(userScript);
    if (reported) await batchSystem.noteReported({ results: reported, reissues: false });
    await Promise.race([batchSystem.start(), stopped]);
    await Promise.race([stopped, batchSystem.failed, ...(results ? [results.failed] : [])]);
  } catch (error) {
    await (mayKeepJobs ? batchSystem.detach() : batchSystem.shutdown());
    throw error;
  }
  const left = countJobs(batchSystem.getIssuedBatchJobIDs().length);
  // A service that is stopped is started again; a person who interrupts wants an end.
  const endsJobs = signal.reason === "SIGINT" || signal.reason === "end jobs";
  const exitCode = signal.reason === "SIGINT" ? EXIT_CODE.INTERRUPTED : EXIT_CODE.OK;
  if (mayKeepJobs && !endsJobs) {
    await batchSystem.detach();
    return { exitCode, summary: `Stopped; ${left} left to Mesos and to the next scheduler` };
  }
  await batchSystem.shutdown();
  return { exitCode, summary: `Stopped; ${left} ended` };
}
