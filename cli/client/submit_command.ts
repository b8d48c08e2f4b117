/**
 * `toil-mesos submit`: issues jobs.
 *
 * @module
 */

import { z } from "zod";
import type { ControlClient, JobInput } from "../../control/client.ts";
import type { JobId } from "../../job/job_id.ts";
import { quoteWords } from "../../support/shell_words.ts";
import { UsageError } from "../../support/usage_error.ts";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit_code.ts";
import { cores, count, duration, flag, text } from "../options/option_schemas.ts";
import type { OptionValues } from "../options/parse_options.ts";
import type { System } from "../system.ts";
import { parseArrayIndices } from "./array_indices.ts";
import { CLIENT_OPTIONS, parseClientOptions, withScheduler } from "./connection.ts";
import { WAIT_EXIT_CODES, waitForJobs } from "./wait_command.ts";

/** Distinguishes the jobs of an array. */
const INDEX_VARIABLE = "TOIL_MESOS_ARRAY_INDEX";

/** Jobs in one request. */
const JOBS_PER_REQUEST = 10_000;

const SUBMIT_OPTIONS = {
  ...CLIENT_OPTIONS,
  json: {
    ...CLIENT_OPTIONS.json,
    description: 'print {"jobID":N} instead of N, and with --wait the results',
  },
  jobs: {
    value: "FILE",
    description: "submit the jobs of this file; - is standard input",
    schema: text.optional(),
  },
  shell: {
    value: "TEXT",
    description: "a shell command, instead of words after --",
    schema: text.optional(),
  },
  name: { value: "NAME", description: "a name for display", schema: text.optional() },
  cores: { value: "N", description: "cores that the job needs (1)", schema: cores.optional() },
  memory: { value: "M", description: "memory that the job needs (2Gi)", schema: text.optional() },
  disk: { value: "D", description: "disk that the job needs (2Gi)", schema: text.optional() },
  gpus: { value: "N", description: "GPUs that the job needs (0)", schema: count.optional() },
  preemptible: { description: "the job may run on preemptible nodes", schema: flag },
  local: { description: "run the job on the scheduler's host", schema: flag },
  timeLimit: {
    value: "D",
    description: "end the running job after this long, as MAXJOBDURATION",
    schema: duration.optional(),
  },
  retries: {
    value: "N",
    description: "how often to retry it when it fails or is lost (0)",
    schema: count.optional(),
  },
  env: {
    value: "NAME=V",
    description: "set an environment variable of the job",
    schema: z.array(text).default([]),
    repeatable: true,
  },
  array: {
    value: "INDICES",
    description: `submit a job for each index, such as 1-100; ${INDEX_VARIABLE} is the index`,
    schema: text.optional(),
  },
  wait: { description: "wait for the jobs, and exit with their status", schema: flag },
} as const;

type SubmitOptions = OptionValues<typeof SUBMIT_OPTIONS>;

const EXIT_CODES =
  "0 the jobs are stored, 2 wrong usage or input (nothing was issued), 3 the scheduler can't be " +
  `reached; with --wait: ${WAIT_EXIT_CODES}`;

/** The subcommand. */
export const submitCommand: Command = {
  name: "submit",
  summary: "submit jobs to a running scheduler, and print their ids",
  exitCodes: EXIT_CODES,
  usage: "[options] -- COMMAND [ARGUMENT…]",
  details:
    "Example: toil-mesos submit --memory 4Gi --array 1-100 --wait -- /data/count.sh /data/in.fa",
  options: SUBMIT_OPTIONS,
  run: runSubmit,
};

async function runSubmit(args: readonly string[], system: System): Promise<number> {
  const { options, positional } = parseClientOptions(SUBMIT_OPTIONS, args, system);
  const jobs = await readJobs(options, positional, system);
  return await withScheduler(options, system, async (client) => {
    const jobIDs = await submit(client, jobs);
    for (const jobID of jobIDs) {
      system.terminal.output(options.json ? JSON.stringify({ jobID }) : String(jobID));
    }
    return options.wait ? await waitForJobs(client, jobIDs, { system, options }) : EXIT_CODE.OK;
  });
}

async function submit(client: ControlClient, jobs: readonly JobInput[]): Promise<JobId[]> {
  const jobIDs: JobId[] = [];
  for (let start = 0; start < jobs.length; start += JOBS_PER_REQUEST) {
    const part = jobs.slice(start, start + JOBS_PER_REQUEST);
    jobIDs.push(...await client.issueJobs(part, { updates: false }));
  }
  return jobIDs;
}

async function readJobs(
  options: SubmitOptions,
  words: readonly string[],
  system: System,
): Promise<JobInput[]> {
  const { jobs, shell } = options;
  const given = [jobs !== undefined, shell !== undefined, words.length > 0].filter(Boolean);
  if (given.length !== 1) {
    throw new UsageError("Expected a command after --, or --shell TEXT, or --jobs FILE");
  }
  if (jobs !== undefined) return await readFile(jobs, system);
  const job = describeJob(shell ?? quoteWords(words), options);
  if (options.array === undefined) return [job];
  const { name = shell ?? words[0] ?? "" } = options;
  return parseArrayIndices(options.array).map((index) => ({
    ...job,
    name: `${name}[${index}]`,
    environment: { ...job.environment, [INDEX_VARIABLE]: String(index) },
  }));
}

function describeJob(command: string, options: SubmitOptions): JobInput {
  const { name, memory, disk, gpus, preemptible, local, timeLimit, retries } = options;
  return {
    command,
    ...(name === undefined ? {} : { name }),
    ...(options.cores === undefined ? {} : { cores: options.cores }),
    ...(memory === undefined ? {} : { memory }),
    ...(disk === undefined ? {} : { disk }),
    ...(gpus ? { accelerators: [{ kind: "gpu", count: gpus }] } : {}),
    ...(preemptible ? { preemptible } : {}),
    ...(local ? { local } : {}),
    ...(timeLimit === undefined ? {} : { timeLimit: milliseconds(timeLimit) }),
    ...(retries ? { retries } : {}),
    environment: Object.fromEntries(options.env.map(readVariable)),
  };
}

function readVariable(given: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(given) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`--env: expected NAME=VALUE, got "${given}"`);
  }
  return [name, value];
}

/** Every bad line of a file is named here: the scheduler would name the first. */
async function readFile(path: string, system: System): Promise<JobInput[]> {
  const [{ parseJobsFile }, { nameOfJobs, readJobsContent }] = await Promise.all([
    import("../scheduler/jobs_file.ts"),
    import("../scheduler/scheduler_inputs.ts"),
  ]);
  const { jobs } = parseJobsFile(await readJobsContent(path, system), {
    name: nameOfJobs(path),
    checkResourceRequest: () => {},
  });
  return jobs.map(({ command, requirements, jobEnvironment }) => {
    const { jobName, accelerators, timeLimitMs, ...needs } = requirements;
    return {
      ...needs,
      command,
      name: jobName,
      accelerators: [...accelerators],
      environment: jobEnvironment,
      ...(timeLimitMs === undefined ? {} : { timeLimit: milliseconds(timeLimitMs) }),
    };
  });
}

/** A duration as a job's description has it. */
function milliseconds(ms: number): string {
  return `${ms}ms`;
}
