/**
 * `toil-mesos scheduler`: runs the jobs of a file on a Mesos.
 *
 * @module
 */

import { join } from "node:path";
import { MesosBatchSystem } from "../scheduler/batch_system.ts";
import type { Store } from "../scheduler/store.ts";
import type { Command } from "./command.ts";
import { Deployer } from "./deployer.ts";
import { openEndpoint } from "./endpoint.ts";
import { EXIT_CODE } from "./exit_code.ts";
import { runJobs } from "./job_run.ts";
import type { JobsFile } from "./jobs_file.ts";
import { parseOptions } from "./options.ts";
import { type EndCounts, formatSummary, total } from "./progress.ts";
import { reasonOf } from "./reason.ts";
import { ResultFile, ResultOutput, type ResultSink } from "./result_lines.ts";
import { toBatchSystemConfig } from "./scheduler_config.ts";
import { readSchedulerInputs } from "./scheduler_inputs.ts";
import { SCHEDULER_OPTIONS, type SchedulerOptions } from "./scheduler_options.ts";
import { checkStateDirectory } from "./state_directory.ts";
import type { DriverFactory, MesosConnection, System } from "./system.ts";
import { UsageError } from "./usage_error.ts";

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
  const { file, limits, access, environment } = await readSchedulerInputs(options, system);
  await using resources = new AsyncDisposableStack();
  const interrupt = new AbortController();
  resources.defer(system.onInterrupt((signal) => interrupt.abort(signal)));
  const store = resources.adopt(openStore(options.state, system), (each) => each.close());
  const directory = await makeTemporaryDirectory(options.state);
  resources.defer(() => Deno.remove(directory, { recursive: true }));
  const mesos = resources.use(await openEndpoint(options.endpoint, directory));
  const createDriver = connect({ endpoint: mesos.endpoint, ...access }, system);
  const deployer = resources.use(
    await Deployer.open({
      userScript: options.userScript,
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
  refuseStateOfOthers(batchSystem, file, options);
  // Last, for it empties the file: what is there stays there as long as something may be wrong.
  const sink = resources.adopt(
    options.results === undefined
      ? new ResultOutput((line) => system.terminal.output(line))
      : new ResultFile(options.results, { resume: options.state !== undefined }),
    (each) => each.close(),
  );
  for (const [name, value] of environment) batchSystem.setEnv(name, value);
  return await run({
    batchSystem,
    file,
    sink,
    system,
    deployer,
    signal: interrupt.signal,
    mayKeepJobs: options.state !== undefined && !mesos.isTemporary,
  });
}

/** Where there is a state, it holds this too: what a scheduler that was killed could not remove is
 * found there by the next. */
async function makeTemporaryDirectory(state: string | undefined): Promise<string> {
  try {
    if (state === undefined) return await Deno.makeTempDir({ prefix: "toil-mesos-" });
    const parent = join(state, TEMPORARY_NAME);
    await Deno.remove(parent, { recursive: true }).catch(() => {});
    await Deno.mkdir(parent, { recursive: true });
    return await Deno.makeTempDir({ dir: await Deno.realPath(parent) });
  } catch (error) {
    throw new UsageError(`Cannot make a temporary directory: ${reasonOf(error)}`, { cause: error });
  }
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
function refuseStateOfOthers(
  batchSystem: MesosBatchSystem,
  file: JobsFile,
  { jobs, state }: SchedulerOptions,
): void {
  const count = batchSystem.countJobsOfOthers(file.digest);
  if (count === 0) return;
  const are = count === 1 ? "1 job is" : `${count} jobs are`;
  throw new UsageError(
    `Cannot run ${jobs} with --state ${state}: ${are} there that another file has brought; ` +
      "finish with that file first, or give another directory",
  );
}

interface Run {
  readonly batchSystem: MesosBatchSystem;
  readonly file: JobsFile;
  readonly sink: ResultSink;
  readonly system: System;
  readonly deployer: Deployer;
  /** Aborted by a signal of the system, which is the reason. */
  readonly signal: AbortSignal;
  /** Whether the jobs can go on without us, and be found again. */
  readonly mayKeepJobs: boolean;
}

/** Runs the jobs and leaves; a signal ends it early. */
async function run(options: Run): Promise<number> {
  const { batchSystem, file, sink, system, deployer, signal, mayKeepJobs } = options;
  const { terminal, now } = system;
  try {
    await Promise.race([batchSystem.start(), aborted(signal)]);
    if (deployer.userScript) await batchSystem.setUserScript(deployer.userScript);
    const startedMs = now();
    const ended = await runJobs({ batchSystem, file, sink, terminal, signal, now });
    const elapsedMs = now() - startedMs;
    const summarize = (counts: EndCounts) =>
      terminal.error(formatSummary(file.jobs.length, counts, elapsedMs));
    if (total(ended) < file.jobs.length) {
      summarize(await breakOff(options, ended));
      return EXIT_CODE.INTERRUPTED;
    }
    await batchSystem.shutdown();
    summarize(ended);
    return ended.FINISHED === file.jobs.length ? EXIT_CODE.OK : EXIT_CODE.FAILED;
  } catch (error) {
    await (mayKeepJobs ? batchSystem.detach() : batchSystem.shutdown());
    throw error;
  }
}

/** Leaves before all jobs have ended; resolves to how they have ended then. */
async function breakOff(
  { batchSystem, file, system, signal, mayKeepJobs }: Run,
  ended: EndCounts,
): Promise<EndCounts> {
  const count = file.jobs.length - total(ended);
  const jobs = count === 1 ? "1 job" : `${count} jobs`;
  // A service that is stopped is started again; a person who interrupts wants an end.
  if (mayKeepJobs && signal.reason !== "SIGINT") {
    system.terminal.error(`Leaving ${jobs} to Mesos; the same command goes on with them`);
    await batchSystem.detach();
    return ended;
  }
  system.terminal.error(`Killing ${jobs}; interrupt again to leave at once`);
  const areKilled = await batchSystem.shutdown();
  return areKilled ? { ...ended, KILLED: (ended.KILLED ?? 0) + count } : ended;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}
