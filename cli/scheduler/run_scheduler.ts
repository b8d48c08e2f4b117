/**
 * What `toil-mesos scheduler` does.
 *
 * @module
 */

import { RunRecorder } from "../../control/report/run_recorder.ts";
import type { Obstacles } from "../../scheduler/core/resume_conflicts.ts";
import { defaultStateDirectory } from "../../setup/control_access.ts";
import { openBatchSystem } from "../../setup/open_batch_system.ts";
import { SYSTEM_CLOCK } from "../../support/clock.ts";
import { UsageError } from "../../support/usage_error.ts";
import { EXIT_CODE } from "../exit_code.ts";
import { parseOptions } from "../options/parse_options.ts";
import { SCHEDULER_OPTIONS, type SchedulerOptions } from "../options/scheduler_options.ts";
import type { System } from "../system.ts";
import { openControlService, readListen } from "./control_service.ts";
import { openSink, readResults, resultsPath } from "./result_sink.ts";
import { formatSummary } from "./progress.ts";
import { withKeptUserScript } from "./kept_user_script.ts";
import { checkReport, writeReport } from "./run_report.ts";
import { type JobRunEnd, runToEnd } from "./run_to_end.ts";
import { nameOfJobs, readSchedulerInputs } from "./scheduler_inputs.ts";
import { serve } from "./serve.ts";

/** Runs the jobs of a file, or those of clients; resolves to the exit code. */
export async function runScheduler(args: readonly string[], system: System): Promise<number> {
  const { options, positional } = parseOptions(SCHEDULER_OPTIONS, args, system.environment);
  if (positional.length > 0) throw new UsageError(`Unexpected argument "${positional[0]}"`);
  system.configureLogging(options.logLevel, options.logFormat);
  const { exitCode, summary } = await run(withDefaults(options, system), system);
  system.terminal.error(summary);
  return exitCode;
}

/** Jobs of clients outlive the scheduler, those of a file only where that is asked for. */
function withDefaults(options: SchedulerOptions, { environment }: System): SchedulerOptions {
  const { endpoint, jobs, listen, state } = options;
  if (jobs !== undefined) return listen === undefined ? options : withKeptUserScript(options);
  if (state !== undefined) return withKeptUserScript(options);
  if (endpoint === undefined && listen === undefined) return options;
  return withKeptUserScript({ ...options, state: defaultStateDirectory(environment) });
}

/** Runs jobs or serves clients, and has everything ended that was needed for that. */
async function run(options: SchedulerOptions, system: System): Promise<JobRunEnd> {
  if (options.endWithStdin && options.jobs === "-") {
    throw new UsageError("--end-with-stdin: the jobs come from standard input, too; use a file");
  }
  checkReport(options, system.terminal);
  const { file, environment } = await readSchedulerInputs(options, system);
  const isServing = file === undefined || options.listen !== undefined;
  const address = isServing ? readListen(options, system) : undefined;
  await using resources = new AsyncDisposableStack();
  const interrupt = new AbortController();
  resources.defer(system.onInterrupt((signal) => interrupt.abort(signal)));
  if (options.endWithStdin) endWithStandardInput(system, interrupt);
  const { signal } = interrupt;
  const opened = await openBatchSystem(options, {
    resources,
    environment: system.environment,
    ownsProcess: true,
    mayDeployLater: isServing,
    outputs: [resultsPath(options) ?? [], options.report ?? []].flat(),
    signal,
  }).catch((error) => {
    if (!signal.aborted) throw error;
  });
  if (!opened) return interruptedBefore(file?.jobs.length ?? 0);
  const { batchSystem, userScript, isTemporary } = opened;
  for (const [name, value] of environment) batchSystem.setEnv(name, value);
  const mayKeepJobs = options.state !== undefined && !isTemporary;
  if (file) refuseToHarm(batchSystem.obstacles(file.digest), options);
  else refuseFileJobs(batchSystem.inspection.fileJobs, options);
  const record = () =>
    resources.adopt(new RunRecorder(batchSystem, SYSTEM_CLOCK.now), (recorder) => {
      recorder.close();
      writeReport(recorder, options, system.terminal);
    });
  const recorder = address || options.report !== undefined ? record() : undefined;
  if (address && recorder) {
    const shutDown = ({ keepJobs }: { keepJobs: boolean }) =>
      interrupt.abort(keepJobs ? "keep jobs" : "end jobs");
    resources.use(
      await openControlService(address, options, { ...opened, recorder, system, shutDown }),
    );
  }
  const openResults = () =>
    resources.adopt(
      openSink(options, {
        terminal: system.terminal,
        isNew: batchSystem.isNew,
        isRestored: batchSystem.isRestored,
        isServing: file === undefined,
      }),
      (each) => each.close(),
    );
  const reported = batchSystem.isRestored ? readResults(resultsPath(options)) : undefined;
  if (!file) {
    const sink = options.results === undefined ? undefined : openResults();
    return await serve({ batchSystem, userScript, reported, sink, signal, mayKeepJobs });
  }
  const sink = openResults();
  return await runToEnd({
    batchSystem,
    file,
    sink,
    terminal: system.terminal,
    now: SYSTEM_CLOCK.now,
    userScript,
    signal,
    reported,
    isDurable: options.state !== undefined,
    mayKeepJobs,
  });
}

/** Binds the scheduler to the process that holds its standard input open: SIGKILL closes that, too. */
function endWithStandardInput(system: System, interrupt: AbortController): void {
  const end = () => interrupt.abort("end jobs");
  system.standardInput().pipeTo(new WritableStream()).then(end, end);
}

/** A signal has ended the run before it had a Mesos. */
function interruptedBefore(jobs: number): JobRunEnd {
  return { exitCode: EXIT_CODE.INTERRUPTED, summary: formatSummary(jobs, {}, 0) };
}

/** A run ends with the removal of its framework: jobs of another run would end with it. */
function refuseToHarm(
  { jobsOfOthers, jobsElsewhere }: Obstacles,
  { jobs = "", state }: SchedulerOptions,
): void {
  const unfinished = (count: number) =>
    count === 1 ? "1 unfinished job" : `${count} unfinished jobs`;
  const refusal = `Cannot run ${nameOfJobs(jobs)} with --state ${state}`;
  if (jobsOfOthers > 0) {
    throw new UsageError(
      `${refusal}: it holds ${unfinished(jobsOfOthers)} of another jobs file; ` +
        "finish that run first, or use another directory",
    );
  }
  if (jobsElsewhere > 0) {
    throw new UsageError(
      `${refusal} on an embedded Mesos: it holds ${unfinished(jobsElsewhere)} running on ` +
        "another Mesos; use its --endpoint, or another directory",
    );
  }
}

/** Their results go to where the run of their file writes them: no client would get them. */
function refuseFileJobs(count: number, { state }: SchedulerOptions): void {
  if (count === 0) return;
  throw new UsageError(
    `Cannot serve with --state ${state}: ${count} jobs of a file are there; ` +
      "finish with that file first, or give another directory",
  );
}
