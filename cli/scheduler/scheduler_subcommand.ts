/**
 * `toil-mesos scheduler`: runs the jobs of a file on a Mesos.
 *
 * @module
 */

import { join } from "node:path";
import { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { DriverFactory } from "../../scheduler/mesos_link.ts";
import type { Obstacles } from "../../scheduler/core/resume_conflicts.ts";
import type { Store } from "../../scheduler/store/store.ts";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit_code.ts";
import { Deployer } from "../../setup/deployer.ts";
import { openEndpoint } from "../../setup/endpoint.ts";
import { formatSummary } from "./progress.ts";
import { type JobRunEnd, runToEnd } from "./run_to_end.ts";
import { parseOptions } from "../options/parse_options.ts";
import { reasonOf } from "../../support/reason.ts";
import { ResultFile, ResultOutput, type ResultSink } from "./result_lines.ts";
import { toBatchSystemConfig } from "./scheduler_config.ts";
import { readSchedulerInputs } from "./scheduler_inputs.ts";
import { SCHEDULER_OPTIONS, type SchedulerOptions } from "../options/scheduler_options.ts";
import { checkStateDirectory } from "../../setup/state_directory.ts";
import type { MesosConnection, System } from "../system.ts";
import { UsageError } from "../../support/usage_error.ts";

/** Stands for standard input or output where a file is expected. */
const STANDARD_STREAM = "-";

/** The directory for temporary files within that of the state. */
const TEMPORARY_NAME = "tmp";

/** The subcommand. */
export const schedulerCommand: Command = {
  name: "scheduler",
  summary: "run batch jobs on a Mesos",
  usage: "--endpoint E --jobs FILE [options]",
  options: SCHEDULER_OPTIONS,
  run: runScheduler,
};

async function runScheduler(args: readonly string[], system: System): Promise<number> {
  const { options, positional } = parseOptions(SCHEDULER_OPTIONS, args, system.environment);
  if (positional.length > 0) throw new UsageError(`Unexpected argument "${positional[0]}"`);
  system.configureLogging(options.logLevel, options.logFormat);
  const { exitCode, summary } = await runFile(options, system);
  system.terminal.error(summary);
  return exitCode;
}

/** Runs the jobs, and has everything ended that was needed for that. */
async function runFile(options: SchedulerOptions, system: System): Promise<JobRunEnd> {
  const { file, limits, access, environment } = await readSchedulerInputs(options, system);
  await using resources = new AsyncDisposableStack();
  const interrupt = new AbortController();
  resources.defer(system.onInterrupt((signal) => interrupt.abort(signal)));
  const store = resources.adopt(openStore(options.state, system), (each) => each.close());
  const directory = await makeTemporaryDirectory(options.state);
  resources.defer(() => Deno.remove(directory, { recursive: true }));
  const { signal } = interrupt;
  const opened = await openEndpoint(options.endpoint, {
    directory,
    credential: access.credential,
    runtime: system,
    signal,
  }).catch((error) => {
    if (!signal.aborted) throw error;
  });
  if (!opened) return interruptedBefore(file.jobs.length);
  const mesos = resources.use(opened);
  const { endpoint, credential } = mesos;
  const createDriver = connect({ ...access, endpoint, credential }, system);
  const deployer = resources.use(
    await Deployer.open({
      userScript: options.userScript,
      ownPlaces: ownPlaces(options, directory),
      executorUri: options.executorUri,
      selfFile: system.selfFile,
      endpoint: mesos.endpoint,
      directory,
    }),
  );
  const config = toBatchSystemConfig(options, {
    limits,
    temporaryDirectory: directory,
    selfCommand: system.selfCommand,
    executorUri: deployer.executorUri,
    isTemporary: mesos.isTemporary,
  });
  const batchSystem = new MesosBatchSystem(config, { store, now: system.now, createDriver });
  refuseToHarm(batchSystem.obstacles(file.digest), options);
  const sink = resources.adopt(openSink(options, system), (each) => each.close());
  for (const [name, value] of environment) batchSystem.setEnv(name, value);
  return await runToEnd({
    batchSystem,
    file,
    sink,
    terminal: system.terminal,
    now: system.now,
    userScript: deployer.userScript,
    signal,
    isDurable: options.state !== undefined,
    mayKeepJobs: options.state !== undefined && !mesos.isTemporary,
  });
}

/** A signal has ended the run before it had a Mesos. */
function interruptedBefore(jobs: number): JobRunEnd {
  return { exitCode: EXIT_CODE.INTERRUPTED, summary: formatSummary(jobs, {}, 0) };
}

/** Where there is a state, it holds this too: what a scheduler that was killed could not remove is
 * found there by the next. */
async function makeTemporaryDirectory(state: string | undefined): Promise<string> {
  try {
    if (state === undefined) return await Deno.makeTempDir({ prefix: "toil-mesos-" });
    const parent = join(state, TEMPORARY_NAME);
    await Deno.remove(parent, { recursive: true }).catch(() => {});
    await Deno.mkdir(parent, { recursive: true, mode: 0o700 });
    return await Deno.makeTempDir({ dir: await Deno.realPath(parent) });
  } catch (error) {
    throw new UsageError(`Cannot make a temporary directory: ${reasonOf(error)}`, { cause: error });
  }
}

/** Where this run writes, or keeps secrets. None of it belongs in a user script. */
function ownPlaces(options: SchedulerOptions, temporaryDirectory: string): string[] {
  const { state, results, batchLogsDir, workDir, secretFile } = options;
  return [temporaryDirectory, state, results, batchLogsDir, workDir, secretFile]
    .filter((path) => path !== undefined);
}

function openStore(directory: string | undefined, system: System): Store {
  if (directory !== undefined) checkStateDirectory(directory);
  try {
    return system.openStore(directory);
  } catch (error) {
    throw new UsageError(reasonOf(error), { cause: error });
  }
}

function connect(mesos: MesosConnection, system: System): DriverFactory {
  try {
    return system.connect(mesos);
  } catch (error) {
    throw new UsageError(`--endpoint: ${reasonOf(error)}`, { cause: error });
  }
}

/** A run ends with the removal of its framework: jobs of another run would end with it. */
function refuseToHarm(
  { jobsOfOthers, jobsElsewhere }: Obstacles,
  { jobs, state }: SchedulerOptions,
): void {
  const are = (count: number) => count === 1 ? "1 job is" : `${count} jobs are`;
  const refusal = `Cannot run ${jobs} with --state ${state}`;
  if (jobsOfOthers > 0) {
    throw new UsageError(
      `${refusal}: ${are(jobsOfOthers)} there that another file has brought; ` +
        "finish with that file first, or give another directory",
    );
  }
  if (jobsElsewhere > 0) {
    throw new UsageError(
      `${refusal} on an embedded Mesos: ${are(jobsElsewhere)} running on another one; ` +
        "give the --endpoint of that, or another directory",
    );
  }
}

/** To be called last, for it empties the file: what is there stays there as long as something may
 * be wrong. */
function openSink({ jobs, results, state }: SchedulerOptions, system: System): ResultSink {
  if (results === undefined || results === STANDARD_STREAM) {
    return new ResultOutput((line) => system.terminal.output(line));
  }
  if (jobs !== undefined && isSameFile(jobs, results)) {
    throw new UsageError(`--results: ${results} is the file of the jobs; give another one`);
  }
  return new ResultFile(results, { resume: state !== undefined });
}

function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [Deno.statSync(one), Deno.statSync(other)];
    return a.isFile && a.dev === b.dev && a.ino === b.ino;
  } catch {
    // One of them is not there.
    return false;
  }
}
