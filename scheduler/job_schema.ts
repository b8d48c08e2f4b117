/**
 * Jobs as users write them: one definition for jobs files, the control API and the library.
 *
 * @module
 */

import { z } from "zod";
import {
  fitsArgument,
  MAX_ARGUMENT_BYTES,
  totalProblem,
  variableProblem,
} from "../job/job_variables.ts";
import { parseDuration, parseSize } from "../support/units.ts";
import type { BatchJob, JobDescription } from "./batch_job.ts";
import {
  DEFAULT_CORES,
  DEFAULT_DISK,
  DEFAULT_MEMORY,
  type JobRequirements,
  MAX_NAME_CHARACTERS,
  MAX_RETRIES,
  MIN_CORES,
} from "./core/requirements.ts";
import { asError } from "../support/reason.ts";

/** A text that can be said in UTF-8. */
const text = z.string().refine(
  (given) => given.isWellFormed(),
  "must not contain a lone surrogate",
);

/** A text for a program; one with a NUL in it would end there. */
const argument = text.regex(/^[^\0]*$/, "must not contain a NUL character")
  .refine(fitsArgument, `must not be longer than ${MAX_ARGUMENT_BYTES} bytes`);

const environment = z.record(z.string(), z.string()).superRefine((variables, context) => {
  for (const [name, value] of Object.entries(variables)) {
    const message = variableProblem(name, value);
    if (message) context.addIssue({ code: "custom", path: [name], message });
  }
});

const duration = z.string("must be a duration, e.g. 30m").transform((given, context) => {
  try {
    const ms = parseDuration(given);
    // Whole, so that it can be written in any way, and is never 0.
    if (ms > 0) return Math.ceil(ms);
    context.addIssue({ code: "custom", message: "must be longer than 0" });
  } catch (error) {
    context.addIssue({ code: "custom", message: asError(error).message });
  }
  return z.NEVER;
});

const size = z.union([z.string(), z.number()], { error: "must be a size: bytes, or e.g. 2Gi" })
  .transform((given, context) => {
    try {
      return parseSize(String(given));
    } catch (error) {
      context.addIssue({ code: "custom", message: asError(error).message });
      return z.NEVER;
    }
  });

/** A job: only `command` is required. See plain_job.ts for what need not go through it. */
export const jobSchema: z.ZodType<JobDescription> = z.strictObject({
  command: argument.regex(/\S/, "must not be empty"),
  // A name is shown on terminals and in logs.
  name: text.regex(/^\P{Cc}*$/u, "must not hold control characters")
    .max(MAX_NAME_CHARACTERS, `must not be longer than ${MAX_NAME_CHARACTERS} characters`)
    .optional(),
  cores: z.number().min(MIN_CORES, `must be at least ${MIN_CORES}`).default(DEFAULT_CORES),
  memory: size.prefault(DEFAULT_MEMORY),
  disk: size.prefault(DEFAULT_DISK),
  preemptible: z.boolean().default(false),
  accelerators: z.array(z.strictObject({
    kind: z.string(),
    count: z.int().positive("must be at least 1").default(1),
  })).default([]),
  environment: environment.default({}),
  local: z.boolean().default(false),
  timeLimit: duration.optional(),
  retries: z.int().min(0, "must be at least 0")
    .max(MAX_RETRIES, `must be at most ${MAX_RETRIES}`).optional(),
}).superRefine(({ command, environment }, context) => {
  const message = totalProblem(command, environment);
  if (message) context.addIssue({ code: "custom", message });
});

/** What the schema calls a type, in words. */
const EXPECTED: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** Words for the issues that the schema has none for: the `error` of a parse. */
export function explainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "invalid_type") return undefined;
  return issue.input === undefined ? "is missing" : `must be ${EXPECTED[issue.expected]}`;
}

/** All that is wrong, in one line. */
export function describeIssues({ issues }: { issues: z.core.$ZodIssue[] }): string {
  return issues.map(({ path, message, ...issue }) => {
    if (issue.code === "unrecognized_keys") {
      return `unknown field ${issue.keys.map((key) => `'${key}'`).join(", ")}`;
    }
    return path.length === 0 ? message : `field '${path.join(".")}': ${message}`;
  }).join("; ");
}

/** A job with all defaults in place. */
export interface CheckedJob extends BatchJob {
  /** What it needs. */
  readonly requirements: JobRequirements;
}

/** The same for the batch system. */
export function toBatchJob(
  { command, name, environment, timeLimit, ...needs }: JobDescription,
  defaultName: string,
): CheckedJob {
  return {
    command,
    requirements: {
      ...needs,
      jobName: name ?? defaultName,
      ...(timeLimit === undefined ? {} : { timeLimitMs: timeLimit }),
    },
    jobEnvironment: environment,
  };
}
