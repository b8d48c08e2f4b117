/**
 * A run from its start to its end: done, interrupted or failed. What is left of the jobs then is
 * ended, or left to Mesos for the next run.
 *
 * @module
 */

import type { BatchJobExitReason } from "../../job/exit_reason.ts";
import type { Resource } from "../../resource/resource.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { EXIT_CODE } from "../exit_code.ts";
import {
  type JobRunOptions,
  type JobRunState,
  lastResultsSignal,
  runJobs,
  unlessAborted,
} from "./job_run.ts";
import { countJobs, type EndCounts, formatSummary, total } from "./progress.ts";

/** What a run works with, from its start on. */
export interface RunToEndOptions extends JobRunOptions {
  /** Deployed to every node. */
  readonly userScript: Resource | undefined;
  /** Aborted by a signal of the system, which is the reason. */
  readonly signal: AbortSignal;
  /** What was reported before the state was restored; undefined: it was not. */
  readonly reported: readonly BatchJobResult[] | undefined;
  /** Whether the same command can take the run up again. */
  readonly isDurable: boolean;
  /** Whether the jobs survive without this process and can be resumed. */
  readonly mayKeepJobs: boolean;
}

/** How a run has ended. */
export interface JobRunEnd {
  /** For the shell. */
  readonly exitCode: number;
  /** For people; the last line of all. */
  readonly summary: string;
}

/** Runs the jobs and leaves; a signal ends it early. */
export async function runToEnd(options: RunToEndOptions): Promise<JobRunEnd> {
  const { batchSystem, file, userScript, signal, reported, mayKeepJobs, now } = options;
  try {
    // First: jobs of an earlier run get the first offers, before anybody else can say a word.
    if (userScript) await batchSystem.setUserScript(userScript);
    if (reported) await batchSystem.noteReported({ results: reported, reissues: true });
    await unlessAborted(batchSystem.start(), signal);
    tellOfEarlierRuns(options);
    const startedMs = now();
    const state = await runJobs(options);
    const { ended } = state;
    const isDone = total(ended) >= file.jobs.length;
    const counts = isDone ? ended : await breakOff(options, state);
    const elapsedMs = now() - startedMs;
    if (isDone) await batchSystem.shutdown();
    const isGood = ended.FINISHED === file.jobs.length;
    return {
      exitCode: !isDone ? EXIT_CODE.INTERRUPTED : isGood ? EXIT_CODE.OK : EXIT_CODE.FAILED,
      summary: formatSummary(file.jobs.length, counts, elapsedMs),
    };
  } catch (error) {
    await (mayKeepJobs ? batchSystem.detach() : batchSystem.shutdown());
    throw error;
  }
}

/** A user who repeats a command may not know that it resumes. */
function tellOfEarlierRuns({ batchSystem, file, terminal }: RunToEndOptions): void {
  const done = total(batchSystem.jobFile(file.digest)?.ended ?? {});
  const count = countJobs(file.jobs.length);
  if (done === file.jobs.length) {
    const all = done === 1 ? "The job has" : `All ${count} have`;
    const again = `run ${done === 1 ? "it" : "them"} again`;
    terminal.error(`${all} already finished; use a new --state directory to ${again}`);
  } else if (done > 0) terminal.error(`Resuming: ${done} of ${count} have already finished`);
}

/** Leaves before all jobs have ended; resolves to how they have ended then. */
async function breakOff(
  options: RunToEndOptions,
  { ended, held }: JobRunState,
): Promise<EndCounts> {
  const { batchSystem, file, terminal, signal, isDurable, mayKeepJobs } = options;
  const count = file.jobs.length - total(ended) - held.length;
  const jobs = countJobs(count);
  // A service that is stopped is started again; a person who interrupts wants an end.
  if (mayKeepJobs && signal.reason !== "SIGINT" && signal.reason !== "end jobs") {
    terminal.error(`Detaching; ${jobs} keep running. Run the same command to resume`);
    await batchSystem.detach();
    return ended;
  }
  const again = isDurable ? " (the same command runs them again)" : "";
  terminal.error(`Killing ${jobs}${again}; press Ctrl-C again to exit immediately`);
  const areKilled = await batchSystem.shutdown();
  const last = await writeLastResults(options, held);
  const counts: Partial<Record<BatchJobExitReason, number>> = { ...ended };
  for (const { exitReason } of [...held, ...last]) {
    counts[exitReason] = (counts[exitReason] ?? 0) + 1;
  }
  if (areKilled) counts.KILLED = (counts.KILLED ?? 0) + count - last.length;
  return counts;
}

/** Jobs may have ended by themselves, until their kill came: these are results like all others. */
async function writeLastResults(
  { batchSystem, file, sink, terminal }: RunToEndOptions,
  held: readonly BatchJobResult[],
): Promise<BatchJobResult[]> {
  const results = await batchSystem.takeResults({
    limit: file.jobs.length,
    maxWaitMs: 0,
    fileDigest: file.digest,
  });
  const unwritten = held.length + results.length;
  if (unwritten === 0) return [];
  // Behind those that are held, even if there are none.
  if (!await unlessAborted(sink.write(results), lastResultsSignal())) {
    const count = unwritten === 1 ? "a result" : `${unwritten} results`;
    terminal.error(`Cannot write ${count}: the reader takes no more`);
  }
  return results;
}
