/**
 * The job description in `TaskInfo.data`: JSON, so that both sides
 * may have different versions, and nothing in it is evaluated.
 *
 * @module
 */

import { z } from "zod";

const environmentSchema = z.record(z.string(), z.string());

/** A path that is written to or removed. */
const absolutePath = z.string().refine(
  (path) => /^\/[^\0]*$/.test(path) && !path.split("/").includes(".."),
  "expected an absolute path without ..",
);

/** A part of the names of directories that are removed. */
const workflowID = z.string().regex(/^[^\p{Cc}/\\]{1,255}$/u, "expected a file name")
  .refine((name) => name !== "." && name !== "..", "expected a file name");

const workerCleanupInfoSchema = z.object({
  workDir: absolutePath.optional(),
  coordinationDir: absolutePath.optional(),
  workflowID,
  cleanWorkDir: z.enum(["always", "onSuccess", "onError", "never"]),
});

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

/** A job as its executor sees it. */
export interface TaskData {
  /** The batch system's id of the job. */
  jobID: number;
  /** The argument of `sh -c --`. */
  command: string;
  /** Added to the executor's environment and overrides it. May contain secrets: never logged. */
  environment: Record<string, string>;
  /** The user script as a pickled Resource (see resource/). */
  userScript?: string | undefined;
  /** Absolute file for standard output; in the job's own directory when absent. */
  standardOutputPath?: string | undefined;
  /** Absolute file for standard error; in the job's own directory when absent. */
  standardErrorPath?: string | undefined;
  /** How many GPUs the task holds. */
  gpus?: number | undefined;
  /** How long the command may run, in milliseconds. */
  timeLimitMs?: number | undefined;
  /** How to clean the node when the executor ends. */
  workerCleanup?: WorkerCleanupInfo | undefined;
}

// Unknown keys are dropped, so that a newer scheduler can add some.
const taskDataSchema = z.object({
  jobID: z.int().nonnegative(),
  command: z.string(),
  environment: environmentSchema,
  userScript: z.string().optional(),
  standardOutputPath: absolutePath.optional(),
  standardErrorPath: absolutePath.optional(),
  gpus: z.int().nonnegative().optional(),
  timeLimitMs: z.number().positive().optional(),
  workerCleanup: workerCleanupInfoSchema.optional(),
});

/** Encodes `TaskInfo.data`. */
export function encodeTaskData(data: TaskData): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(data));
}

/**
 * Decodes `TaskInfo.data`.
 *
 * @throws {TypeError} when it is invalid; the message names the field but not its value.
 */
export function decodeTaskData(bytes: Uint8Array): TaskData {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new TypeError("Cannot read the task's data: it is not JSON");
  }
  const parsed = taskDataSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TypeError(
    `Cannot read the task's data: field '${issue?.path.join(".")}': ${issue?.message}`,
  );
}
