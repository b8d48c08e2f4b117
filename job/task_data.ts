/**
 * The job description in `TaskInfo.data`: JSON, so that both sides
 * may have different versions, and nothing in it is evaluated.
 *
 * @module
 */

import {
  type Check,
  count,
  JsonCheckError,
  list,
  object,
  oneOf,
  optional,
  positive,
  record,
  text,
} from "../support/json_checks.ts";
import type { JobId } from "./job_id.ts";

/** A path that is written to or removed. */
const absolutePath = text(
  (path) => /^\/[^\0]*$/.test(path) && !path.split("/").includes(".."),
  "an absolute path without ..",
);

/** A part of the names of directories that are removed. */
const fileName = text(
  (name) => /^[^\p{Cc}/\\]{1,255}$/u.test(name) && name !== "." && name !== "..",
  "a file name",
);

/** The settings of the clean-up of a node after the last job. @see toil WorkerCleanupInfo */
export interface WorkerCleanupInfo {
  /** The parent of work directories, if set. */
  workDir?: string | undefined;
  /** The parent of lock files, if set. */
  coordinationDir?: string | undefined;
  /** The id of the workflow, part of the names of its directories. */
  workflowID: string;
  /** When to remove the work directories. */
  cleanWorkDir: "always" | "onSuccess" | "onError" | "never";
}

/** The description of one job of a task. */
export interface JobData {
  /** The batch system's id of the job. */
  jobID: JobId;
  /** The argument of `sh -c --`. */
  command: string;
  /** Added to the executor's environment and overrides it. May contain secrets: never logged. */
  environment: Readonly<Record<string, string>>;
  /** Absolute file for standard output; in the job's own directory when absent. */
  standardOutputPath?: string | undefined;
  /** Absolute file for standard error; in the job's own directory when absent. */
  standardErrorPath?: string | undefined;
  /** How many GPUs the task holds. */
  gpus?: number | undefined;
  /** How long the command may run, in milliseconds. */
  timeLimitMs?: number | undefined;
}

/** What all jobs of a task share. */
export interface SharedData {
  /** The user script as a pickled Resource (see resource/). */
  userScript?: string | undefined;
  /** How to clean the node when the executor ends. */
  workerCleanup?: WorkerCleanupInfo | undefined;
}

/** A job as its executor sees it; encoded, a task of one job. */
export interface TaskData extends JobData, SharedData {}

/** A job of a bundle. */
export interface BundledJob extends JobData {
  /** Names the attempt, and the job's directory. */
  attemptId: string;
}

/** A task of several jobs, which run one after another. */
export interface BundleData extends SharedData {
  /** The jobs, in their order. */
  jobs: readonly BundledJob[];
  /** When a job runs longer than this, those behind it are given back, in milliseconds. */
  bundleMs: number;
}

/** A job that is to be run. */
export interface JobToRun extends TaskData {
  /** Names the attempt; absent where that is the task. */
  attemptId?: string | undefined;
}

/** A task as its executor sees it. */
export interface TaskPlan {
  /** The jobs, in their order. */
  readonly jobs: readonly JobToRun[];
  /** As in {@linkcode BundleData}; absent for a task of one job. */
  readonly bundleMs?: number | undefined;
}

const sharedFields = {
  userScript: optional(text()),
  workerCleanup: optional(object({
    workDir: optional(absolutePath),
    coordinationDir: optional(absolutePath),
    workflowID: fileName,
    cleanWorkDir: oneOf("always", "onSuccess", "onError", "never"),
  })),
};

const jobFields = {
  jobID: count,
  command: text(),
  environment: record(text()),
  standardOutputPath: optional(absolutePath),
  standardErrorPath: optional(absolutePath),
  gpus: optional(count),
  timeLimitMs: optional(positive),
};

const taskData = object({ ...jobFields, ...sharedFields });

const bundleData = object({
  jobs: list(object({ ...jobFields, attemptId: fileName })),
  environment: jobFields.environment,
  bundleMs: positive,
  ...sharedFields,
});

/** Encodes `TaskInfo.data`. */
export function encodeTaskData(data: TaskData | BundleData): Uint8Array {
  const content = "jobs" in data ? withSharedEnvironment(data) : data;
  return new TextEncoder().encode(JSON.stringify(content));
}

/** Variables that are the same for all jobs are said once. */
function withSharedEnvironment(data: BundleData): BundleData & { environment: object } {
  const { jobs } = data;
  const shared = Object.entries(jobs[0]?.environment ?? {}).filter(([name, value]) =>
    jobs.every(({ environment }) => Object.hasOwn(environment, name) && environment[name] === value)
  );
  const environment = Object.fromEntries(shared);
  const isOwn = ([name]: [string, string]) => !Object.hasOwn(environment, name);
  const slim = jobs.map((job) => ({
    ...job,
    environment: Object.fromEntries(Object.entries(job.environment).filter(isOwn)),
  }));
  return { ...data, jobs: slim, environment };
}

/**
 * Decodes `TaskInfo.data`.
 *
 * @throws {TypeError} when it is invalid; the message names the field but not its value.
 */
export function decodeTaskData(bytes: Uint8Array): TaskPlan {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new TypeError("Cannot read the task's data: it is not JSON");
  }
  const isBundle = typeof json === "object" && json !== null && "jobs" in json;
  if (!isBundle) return { jobs: [read(taskData, json)] };
  const { jobs, environment, bundleMs, ...shared } = read(bundleData, json);
  return {
    jobs: jobs.map((job) => ({
      ...shared,
      ...job,
      environment: { ...environment, ...job.environment },
    })),
    bundleMs,
  };
}

function read<T>(check: Check<T>, json: unknown): T {
  try {
    return check(json);
  } catch (cause) {
    if (!(cause instanceof JsonCheckError)) throw cause;
    throw new TypeError(`Cannot read the task's data: ${cause.message}`, { cause });
  }
}
