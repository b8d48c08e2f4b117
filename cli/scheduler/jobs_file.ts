/**
 * Job files: one JSON object a line, in UTF-8. A file with any bad line is refused as a whole, and
 * every bad line is named, with its number, field and reason.
 *
 * @module
 */

import { createHash } from "node:crypto";
import {
  InsufficientSystemResources,
  type JobRequirements,
} from "../../scheduler/core/requirements.ts";
import {
  type CheckedJob,
  describeIssues,
  explainIssue,
  jobSchema,
  toBatchJob,
} from "../../scheduler/job_schema.ts";
import { UsageError } from "../../support/usage_error.ts";

/** What is quoted in a reason may be longer than anybody wants to read. */
const MAX_REASON_CHARACTERS = 1000;

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** The jobs of a file. */
export interface JobsFile {
  /** SHA-256 of the content. */
  readonly digest: string;
  /** One for each line that is not blank, in order. */
  readonly jobs: readonly CheckedJob[];
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
  const jobs: CheckedJob[] = [];
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

function parseLine(text: string, line: number): CheckedJob | LineProblem {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { line, reason: `not JSON: ${(error as Error).message}` };
  }
  const parsed = jobSchema.safeParse(json, { error: explainIssue });
  if (!parsed.success) return { line, reason: describeIssues(parsed.error) };
  return toBatchJob(parsed.data, `job-${line}`);
}

function excess(
  { requirements }: CheckedJob,
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
