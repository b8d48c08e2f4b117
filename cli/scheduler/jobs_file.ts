/**
 * Job files: one JSON object a line, in UTF-8. A file with any bad line is refused as a whole, and
 * every bad line is named, with its number, field and reason.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { z } from "zod";
import type { BatchJob } from "../../scheduler/batch_job.ts";
import {
  DEFAULT_CORES,
  DEFAULT_DISK,
  DEFAULT_MEMORY,
  InsufficientSystemResources,
  type JobRequirements,
} from "../../scheduler/core/requirements.ts";
import { parseSize } from "../../support/units.ts";
import { UsageError } from "../../support/usage_error.ts";

/** Beyond this thousandths of a core can't be counted exactly. */
const MAX_CORES = Number.MAX_SAFE_INTEGER / 1000;

/** Linux hands no longer text to a program, be it an argument or a variable. */
const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;

/** What is quoted in a reason may be longer than anybody wants to read. */
const MAX_REASON_CHARACTERS = 1000;

/** A text that can be said in UTF-8. */
const text = z.string().refine((given) => given.isWellFormed(), "must not hold half a surrogate");

/** A text for a program; one with a NUL in it would end there. */
const argument = text.regex(/^[^\0]*$/, "must not hold a NUL character")
  .refine(isShortEnough, `must not be longer than ${MAX_ARGUMENT_BYTES} bytes`);

function isShortEnough(text: string): boolean {
  // A character takes three bytes at most.
  return text.length <= MAX_ARGUMENT_BYTES / 3 ||
    new TextEncoder().encode(text).length <= MAX_ARGUMENT_BYTES;
}

const size = z.union([z.string(), z.number()], { error: "must be a size: bytes, or e.g. 2Gi" })
  .transform((given, context) => {
    try {
      return parseSize(String(given));
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
      return z.NEVER;
    }
  });

const jobSchema = z.strictObject({
  command: argument.regex(/\S/, "must not be empty"),
  // A name is shown on terminals and in logs.
  name: text.regex(/^\P{Cc}*$/u, "must not hold control characters").optional(),
  cores: z.number().min(0.001, "must be at least 0.001").max(MAX_CORES, "is too large")
    .default(DEFAULT_CORES),
  memory: size.prefault(DEFAULT_MEMORY),
  disk: size.prefault(DEFAULT_DISK),
  preemptible: z.boolean().default(false),
  accelerators: z.array(z.strictObject({
    kind: z.string(),
    count: z.int().positive("must be at least 1").default(1),
  })).default([]),
  environment: z.record(text.regex(/^[^=\0]+$/), argument).default({}),
  local: z.boolean().default(false),
});

/** What the schema calls a type, in words. */
const EXPECTED: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** A job of a file, with all defaults in place. */
export interface FileJob extends BatchJob {
  /** What it needs. */
  readonly requirements: JobRequirements;
}

/** The jobs of a file. */
export interface JobsFile {
  /** SHA-256 of the content. */
  readonly digest: string;
  /** One for each line that is not blank, in order. */
  readonly jobs: readonly FileJob[];
}

/** What is wrong with a line. */
interface LineProblem {
  readonly line: number;
  readonly reason: string;
}

/**
 * Reads the content of a job file.
 *
 * @param name What the file is called.
 * @param checkResourceRequest Throws InsufficientSystemResources for jobs that ask for too much.
 * @throws {UsageError} that names every bad line.
 */
export function parseJobsFile(
  content: Uint8Array,
  { name, checkResourceRequest }: {
    name: string;
    checkResourceRequest: (requirements: JobRequirements) => void;
  },
): JobsFile {
  const jobs: FileJob[] = [];
  const problems: LineProblem[] = [];
  let line = 0;
  for (const bytes of splitLines(content)) {
    line++;
    const text = decodeUtf8(bytes);
    if (text?.trim() === "") continue;
    const job = text === undefined ? { line, reason: "not UTF-8" } : parseLine(text, line);
    if ("reason" in job) {
      problems.push(job);
      continue;
    }
    const reason = excess(job, checkResourceRequest);
    if (reason === undefined) jobs.push(job);
    else problems.push({ line, reason });
  }
  if (problems.length > 0) {
    if (isOneDocument(content)) {
      throw new UsageError(
        `Cannot run ${name}: it is one JSON document over several lines; each line must be a job ` +
          "of its own (jq -c makes it so)",
      );
    }
    throw new UsageError(describe(name, problems));
  }
  if (jobs.length === 0) throw new UsageError(`Cannot run ${name}: there are no jobs in it`);
  return { digest: createHash("sha256").update(content).digest("hex"), jobs };
}

/** As when somebody has formatted it for people. */
function isOneDocument(content: Uint8Array): boolean {
  try {
    const text = UTF_8.decode(content).trim();
    JSON.parse(text);
    return text.includes("\n");
  } catch {
    return false;
  }
}

function* splitLines(content: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < content.length;) {
    const newline = content.indexOf(0x0a, start);
    const end = newline === -1 ? content.length : newline;
    yield content.subarray(start, end);
    start = end + 1;
  }
}

/** Undefined when it is no UTF-8. A byte order mark is left out. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return undefined;
  }
}

function parseLine(text: string, line: number): FileJob | LineProblem {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { line, reason: `not JSON: ${(error as Error).message}` };
  }
  const parsed = jobSchema.safeParse(json, { error: explain });
  if (!parsed.success) return { line, reason: describeIssues(parsed.error) };
  const { command, name, environment, ...needs } = parsed.data;
  return {
    command,
    requirements: { ...needs, jobName: name ?? `job-${line}` },
    jobEnvironment: environment,
  };
}

/** What the schema itself has no words for. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_key") return "is no name of a variable";
  if (issue.code !== "invalid_type") return undefined;
  return issue.input === undefined ? "is missing" : `must be ${EXPECTED[issue.expected]}`;
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
  { requirements }: FileJob,
  checkResourceRequest: (requirements: JobRequirements) => void,
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
  return [
    `Cannot run ${name}: ${count} wrong, so nothing was run`,
    // What a reason quotes must not look like the next line of this list.
    ...problems.map(({ line, reason }) =>
      `  line ${line}: ${shorten(reason.replaceAll("\n", "\\n"))}`
    ),
  ].join("\n");
}

function shorten(text: string): string {
  if (text.length <= MAX_REASON_CHARACTERS) return text;
  return `${text.slice(0, MAX_REASON_CHARACTERS)}…`;
}
