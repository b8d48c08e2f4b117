/**
 * Job files: one JSON object a line. A file with any bad line is refused as a whole, and every bad
 * line is named, with its number, field and reason.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { z } from "zod";
import type { BatchJob } from "../scheduler/batch_job.ts";
import { InsufficientSystemResources } from "../scheduler/requirements.ts";
import { parseSize } from "../support/units.ts";
import { UsageError } from "./usage_error.ts";

/** Bad lines named at most: whoever has more will run the command again. */
const MAX_NAMED_LINES = 100;

const DEFAULT_MEMORY = "2Gi";
const DEFAULT_DISK = "2Gi";

const size = z.union([z.string(), z.number().nonnegative()]).transform((given, context) => {
  if (typeof given === "number") return Math.ceil(given);
  try {
    return parseSize(given);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
    return z.NEVER;
  }
});

const jobSchema = z.strictObject({
  command: z.string().min(1, "must not be empty"),
  name: z.string().optional(),
  cores: z.number().min(0.001, "must be at least 0.001").default(1),
  memory: size.prefault(DEFAULT_MEMORY),
  disk: size.prefault(DEFAULT_DISK),
  preemptible: z.boolean().default(false),
  accelerators: z.array(z.strictObject({
    kind: z.string(),
    count: z.int().positive().default(1),
  })).default([]),
  environment: z.record(z.string().regex(/^[^=\0]+$/, "is no name of a variable"), z.string())
    .default({}),
  local: z.boolean().default(false),
});

/** The jobs of a file. */
export interface JobsFile {
  /** SHA-256 of the content. */
  readonly digest: string;
  /** One for each line that is not blank, in order. */
  readonly jobs: readonly BatchJob[];
}

/** What is wrong with a line. */
interface LineProblem {
  readonly line: number;
  readonly reason: string;
}

/**
 * Reads the text of a job file.
 *
 * @param name What the file is called.
 * @param checkResourceRequest Throws InsufficientSystemResources for jobs that ask for too much.
 * @throws {UsageError} that names every bad line.
 */
export function parseJobsFile(
  content: string,
  { name, checkResourceRequest }: {
    name: string;
    checkResourceRequest: (requirements: BatchJob["requirements"]) => void;
  },
): JobsFile {
  const jobs: BatchJob[] = [];
  const problems: LineProblem[] = [];
  content.split("\n").forEach((text, index) => {
    if (text.trim() === "") return;
    const line = index + 1;
    const job = parseLine(text, line);
    if ("reason" in job) problems.push(job);
    else {
      const reason = excess(job, checkResourceRequest);
      if (reason === undefined) jobs.push(job);
      else problems.push({ line, reason });
    }
  });
  if (problems.length > 0) throw new UsageError(describe(name, problems));
  if (jobs.length === 0) throw new UsageError(`Cannot run ${name}: there are no jobs in it`);
  return { digest: createHash("sha256").update(content).digest("hex"), jobs };
}

function parseLine(text: string, line: number): BatchJob | LineProblem {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { line, reason: `not JSON: ${(error as Error).message}` };
  }
  const parsed = jobSchema.safeParse(json);
  if (!parsed.success) return { line, reason: describeIssues(parsed.error) };
  const { command, name, environment, ...needs } = parsed.data;
  return {
    command,
    requirements: { ...needs, jobName: name ?? `job-${line}` },
    jobEnvironment: environment,
  };
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map(({ path, message, ...issue }) => {
    if (issue.code === "unrecognized_keys") {
      return `unknown field ${issue.keys.map((key) => `'${key}'`).join(", ")}`;
    }
    return path.length === 0 ? message : `field '${path.join(".")}': ${message}`;
  }).join("; ");
}

function excess(
  { requirements }: BatchJob,
  checkResourceRequest: (requirements: BatchJob["requirements"]) => void,
): string | undefined {
  try {
    checkResourceRequest(requirements);
    return undefined;
  } catch (error) {
    if (!(error instanceof InsufficientSystemResources)) throw error;
    return `field '${error.resource}': ${error.message}`;
  }
}

function describe(name: string, problems: readonly LineProblem[]): string {
  const count = problems.length === 1 ? "1 line is" : `${problems.length} lines are`;
  const named = problems.slice(0, MAX_NAMED_LINES).map(({ line, reason }) =>
    `  line ${line}: ${reason}`
  );
  const more = problems.length - named.length;
  return [
    `Cannot run ${name}: ${count} wrong, so nothing was run`,
    ...named,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join("\n");
}
