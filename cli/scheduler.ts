/**
 * `toil-mesos scheduler`: runs the jobs of a file on a Mesos.
 *
 * @module
 */

import { userInfo } from "node:os";
import { resolve } from "node:path";
import { MesosBatchSystem } from "../scheduler/batch_system.ts";
import type { BatchSystemConfig } from "../scheduler/batch_system_config.ts";
import { wholeMebibytes } from "../scheduler/quantities.ts";
import { checkResourceRequest, type ResourceLimits } from "../scheduler/requirements.ts";
import type { Store } from "../scheduler/store.ts";
import { cpuCount } from "../support/cpu_count.ts";
import { parseDuration } from "../support/units.ts";
import type { Command } from "./command.ts";
import { executorCommandInfo } from "./executor_command.ts";
import { EXIT_CODE } from "./exit_code.ts";
import { runJobs } from "./job_run.ts";
import { type JobsFile, parseJobsFile } from "./jobs_file.ts";
import { parseOptions } from "./options.ts";
import { total } from "./progress.ts";
import { formatResult, ResultFile, type ResultSink } from "./result_lines.ts";
import { SCHEDULER_OPTIONS, type SchedulerOptions } from "./scheduler_options.ts";
import { readSecretFile } from "./secret_file.ts";
import { Deployer } from "./deployer.ts";
import type { System } from "./system.ts";
import { UsageError } from "./usage_error.ts";
import { openEndpoint } from "./endpoint.ts";

/** How long Mesos keeps the jobs of a scheduler that can resume them. */
const FAILOVER_DURABLE = "1w";
/** The same for one that can't: its connection may break and come back, no more. */
const FAILOVER_IN_MEMORY = "10m";

/** How long an agent lets an executor end its jobs and clean up. */
const EXECUTOR_CLEANUP_MS = 10_000;

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
  // Whatever can be wrong with the input is found before anything is started.
  const limits = toLimits(options);
  const file = await readJobs(options, { system, limits });
  const access = readAccess(options);
  const environment = readSetEnv(options, system.environment);
  await using resources = new AsyncDisposableStack();
  const directory = await Deno.makeTempDir({ prefix: "toil-mesos-" });
  resources.defer(() => Deno.remove(directory, { recursive: true }));
  const sink = resources.adopt(openSink(options, system), (each) => each.close());
  const store = resources.adopt(openStore(options, system), (each) => each.close());
  const mesos = resources.use(await openEndpoint(options.endpoint, directory));
  const deployer = resources.use(
    await Deployer.open({
      userScript: options.userScript,
      executorUri: options.executorUri,
      selfFile: system.selfFile,
      endpoint: mesos.endpoint,
      directory,
    }),
  );
  const drivers = system.connect({ endpoint: mesos.endpoint, ...access });
  const batchSystem = new MesosBatchSystem(
    toConfig(options, { system, limits, directory, executorUri: deployer.executorUri }),
    { store, now: system.now, createDriver: drivers },
  );
  for (const [name, value] of environment) batchSystem.setEnv(name, value);
  return await run({
    batchSystem,
    file,
    sink,
    system,
    deployer,
    isDurable: options.state !== undefined,
  });
}

interface Run {
  readonly batchSystem: MesosBatchSystem;
  readonly file: JobsFile;
  readonly sink: ResultSink;
  readonly system: System;
  readonly deployer: Deployer;
  readonly isDurable: boolean;
}

/** Runs the jobs and leaves; a signal ends it early. */
async function run(options: Run): Promise<number> {
  const { batchSystem, file, sink, system, deployer, isDurable } = options;
  const { terminal, now } = system;
  const interrupt = new AbortController();
  const unsubscribe = system.onInterrupt((signal) => interrupt.abort(signal));
  // A service that is stopped is started again; a person who interrupts wants an end.
  const keepsJobs = () => isDurable && interrupt.signal.reason !== "SIGINT";
  const interrupted = new Promise<void>((resolve) => {
    interrupt.signal.addEventListener("abort", () => resolve());
  });
  let finished = false;
  try {
    await Promise.race([batchSystem.start(), interrupted]);
    if (deployer.userScript) await batchSystem.setUserScript(deployer.userScript);
    const { signal } = interrupt;
    const { ended, summary } = await runJobs({ batchSystem, file, sink, terminal, signal, now });
    finished = total(ended) >= file.jobs.length;
    await leave(batchSystem, !finished && keepsJobs());
    terminal.error(summary);
    if (!finished) return EXIT_CODE.INTERRUPTED;
    return ended.FINISHED === file.jobs.length ? EXIT_CODE.OK : EXIT_CODE.FAILED;
  } catch (error) {
    await leave(batchSystem, isDurable);
    throw error;
  } finally {
    unsubscribe();
  }
}

function leave(batchSystem: MesosBatchSystem, keepJobs: boolean): Promise<void> {
  return keepJobs ? batchSystem.detach() : batchSystem.shutdown();
}

function toLimits({ maxCores, maxMemory, maxDisk }: SchedulerOptions): ResourceLimits {
  return { maxCores, maxMemory, maxDisk };
}

async function readJobs(
  { jobs }: SchedulerOptions,
  { system, limits }: { system: System; limits: ResourceLimits },
): Promise<JobsFile> {
  if (jobs === undefined) throw new UsageError("Nothing to do: give a file of jobs with --jobs");
  let content: string;
  try {
    content = jobs === "-" ? await system.readStandardInput() : await Deno.readTextFile(jobs);
  } catch (error) {
    throw new UsageError(`Cannot read ${jobs}: ${(error as Error).message}`, { cause: error });
  }
  return parseJobsFile(content, {
    name: jobs === "-" ? "standard input" : jobs,
    checkResourceRequest: (requirements) => checkResourceRequest(requirements, limits),
  });
}

function readAccess({ principal, secretFile, caFile }: SchedulerOptions) {
  if (secretFile !== undefined && principal === undefined) {
    throw new UsageError("--secret-file needs --principal");
  }
  const credential = principal !== undefined && secretFile !== undefined
    ? { principal, secret: readSecretFile(secretFile) }
    : undefined;
  let caCertificates: string | undefined;
  try {
    caCertificates = caFile === undefined ? undefined : Deno.readTextFileSync(caFile);
  } catch (error) {
    throw new UsageError(`Cannot read ${caFile}: ${(error as Error).message}`, { cause: error });
  }
  return { credential, caCertificates };
}

/** Variables for every job: `NAME=VALUE`, or `NAME` for the value of here. */
function readSetEnv(
  { setEnv }: SchedulerOptions,
  environment: Readonly<Record<string, string>>,
): [string, string][] {
  return setEnv.map((text) => {
    const [, name = "", , given] = /^([^=]+)(=(.*))?$/s.exec(text) ?? [];
    const value = given ?? environment[name];
    if (name === "") throw new UsageError(`--set-env: expected NAME or NAME=VALUE, got "${text}"`);
    if (value === undefined) throw new UsageError(`--set-env: ${name} is not set here`);
    return [name, value];
  });
}

function openSink({ results, state }: SchedulerOptions, { terminal }: System): ResultSink {
  if (results === undefined) {
    return {
      write: (batch) => batch.forEach((result) => terminal.output(formatResult(result))),
      close: () => {},
    };
  }
  try {
    return new ResultFile(results, { resume: state !== undefined });
  } catch (error) {
    throw new UsageError(`Cannot write ${results}: ${(error as Error).message}`, { cause: error });
  }
}

function openStore({ state }: SchedulerOptions, system: System): Store {
  try {
    return system.openStore(state);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function toConfig(
  options: SchedulerOptions,
  { system, limits, directory, executorUri }: {
    system: System;
    limits: ResourceLimits;
    directory: string;
    executorUri: string | undefined;
  },
): BatchSystemConfig {
  const failover = options.state === undefined ? FAILOVER_IN_MEMORY : FAILOVER_DURABLE;
  const userScript = options.userScript && resolve(options.userScript);
  return {
    framework: {
      name: options.name,
      user: options.user ?? userInfo().username,
      roles: options.role,
      principal: options.principal,
      hostname: Deno.hostname(),
      failoverTimeoutMs: options.failoverTimeout ?? parseDuration(failover),
    },
    settings: {
      executorCommand: executorCommandInfo({
        executorCommand: options.executorCommand,
        uri: executorUri,
        selfCommand: system.selfCommand,
        environment: {
          TOIL_MESOS_LOG_LEVEL: options.logLevel,
          TOIL_MESOS_LOG_FORMAT: options.logFormat,
        },
      }),
      executorQuantities: {
        cpusMilli: Math.round(options.executorCpus * 1000),
        memoryBytes: wholeMebibytes(options.executorMemory),
        diskBytes: 0,
        gpus: 0,
      },
      executorShutdownGraceMs: options.killGrace + EXECUTOR_CLEANUP_MS,
      killGraceMs: options.killGrace,
      unreachableTimeoutMs: options.unreachableTimeout,
      maxLocalJobs: options.maxLocalJobs ?? cpuCount(),
      localNode: Deno.hostname(),
    },
    limits,
    registrationTimeoutMs: options.registrationTimeout,
    frameworkId: options.frameworkId,
    batchLogsDir: options.batchLogsDir && resolve(options.batchLogsDir),
    noStdOutErr: options.noStdOutErr,
    workDir: options.workDir,
    cleanWorkDir: options.cleanWorkDir,
    localEnvironment: userScript ? { TOIL_MESOS_USER_SCRIPT: userScript } : {},
    temporaryDirectory: directory,
  };
}
