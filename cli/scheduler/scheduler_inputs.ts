/**
 * The inputs that the options of `toil-mesos scheduler` name: files and variables, read and checked
 * before anything is started.
 *
 * @module
 */

import { inspectUserScript } from "../../resource/user_script.ts";
import { checkResourceRequest, type ResourceLimits } from "../../scheduler/core/requirements.ts";
import { type JobsFile, MAX_JOBS_FILE_BYTES, parseJobsFile } from "./jobs_file.ts";
import { makeDirectory } from "../../setup/make_directory.ts";
import { readPathBounded, readStreamBounded } from "../../support/bounded_file.ts";
import { reasonOf } from "../../support/reason.ts";
import type { SchedulerOptions } from "../options/scheduler_options.ts";
import type { System } from "../system.ts";
import { variableProblem } from "../../job/job_variables.ts";
import { UsageError } from "../../support/usage_error.ts";

/** Stands for standard input where a file is expected. */
const STANDARD_STREAM = "-";

/** The shortest useful command, for those who give no jobs. */
const SHORTEST_COMMAND = `give jobs with --jobs, as in
  echo '{"command":"echo hello"}' | toil-mesos scheduler --endpoint local --jobs -
which runs one job on an embedded Mesos, or serve clients with --endpoint and --listen;
toil-mesos scheduler --help explains the options`;

/** Read and checked. */
export interface SchedulerInputs {
  /** The jobs; undefined: those of clients. */
  readonly file: JobsFile | undefined;
  /** Variables for every job. */
  readonly environment: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads and checks everything that the options name.
 *
 * @throws {UsageError} when something is missing or wrong.
 * @throws {UserScriptError} when the user script can't be deployed.
 */
export async function readSchedulerInputs(
  options: SchedulerOptions,
  system: System,
): Promise<SchedulerInputs> {
  const { maxCores = Infinity, maxMemory = Infinity, maxDisk = Infinity } = options;
  const limits = { maxCores, maxMemory, maxDisk };
  const inputs = {
    file: await readJobs(options, { system, limits }),
    environment: readSetEnv(options, system.environment),
  };
  if (options.userScript !== undefined) await inspectUserScript(options.userScript);
  // Nodes that share the directory write to it; they would not make it.
  if (options.batchLogsDir !== undefined) await makeDirectory(options.batchLogsDir);
  return inputs;
}

async function readJobs(
  { jobs, endpoint, listen }: SchedulerOptions,
  { system, limits }: { system: System; limits: ResourceLimits },
): Promise<JobsFile | undefined> {
  if (jobs === undefined) {
    if (endpoint !== undefined || listen !== undefined) return undefined;
    throw new UsageError(`Nothing to run: ${SHORTEST_COMMAND}`);
  }
  return parseJobsFile(await readJobsContent(jobs, system), {
    name: nameOfJobs(jobs),
    checkResourceRequest: (requirements) => checkResourceRequest(requirements, limits),
  });
}

/** How messages name a jobs file; `-` is standard input. */
export function nameOfJobs(path: string): string {
  return path === STANDARD_STREAM ? "standard input" : path;
}

/**
 * Reads a jobs file; `-` is standard input.
 *
 * @throws {UsageError} when it can't be read, or is too large.
 */
export async function readJobsContent(path: string, system: System): Promise<Uint8Array> {
  try {
    return path === STANDARD_STREAM
      ? await readStreamBounded(system.standardInput(), MAX_JOBS_FILE_BYTES)
      : await readPathBounded(path, MAX_JOBS_FILE_BYTES);
  } catch (error) {
    const advice = error instanceof RangeError ? "; split it" : "";
    throw new UsageError(`Cannot read ${nameOfJobs(path)}: ${reasonOf(error)}${advice}`, {
      cause: error,
    });
  }
}

/** `NAME=VALUE`, or `NAME` for the value of here. */
function readSetEnv(
  { setEnv }: SchedulerOptions,
  environment: Readonly<Record<string, string>>,
): [string, string][] {
  return setEnv.map((text) => {
    const [, name = "", , given] = /^([^=]+)(=(.*))?$/s.exec(text) ?? [];
    const value = given ?? environment[name];
    if (name === "") throw new UsageError(`--set-env: expected NAME or NAME=VALUE, got "${text}"`);
    if (value === undefined) {
      throw new UsageError(`--set-env: ${name} is not set here, or is not UTF-8`);
    }
    const problem = variableProblem(name, value);
    if (problem) throw new UsageError(`--set-env: ${name} ${problem}`);
    return [name, value];
  });
}
