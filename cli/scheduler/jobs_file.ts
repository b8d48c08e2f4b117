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
import { plainJob } from "../../scheduler/plain_job.ts";
import { findBadKey } from "../../support/json_keys.ts";
import { UsageError } from "../../support/usage_error.ts";
import { asError } from "../../support/reason.ts";

/** A reason may quote input of any length. */
const MAX_REASON_CHARACTERS = 1000;

/** A million jobs of some 250 bytes. */
export const MAX_JOBS_FILE_BYTES = 256 * 1024 * 1024;

/** More jobs at once are better given to several runs. */
const MAX_JOBS = 1_000_000;

/** All that Linux hands to a program, even with each byte written as an escape, fits. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** With more than this the file is not a job file. */
const MAX_BAD_LINES = 10_000;

const NEWLINE = 0x0a;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);

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
  if (isUtf16(content)) {
    throw new UsageError(
      `Cannot run ${name}: it is UTF-16; convert it with iconv --from-code UTF-16 --to-code UTF-8`,
    );
  }
  const jobs: CheckedJob[] = [];
  const problems: LineProblem[] = [];
  for (const { line, bytes } of filledLines(content)) {
    const job = parseLine(bytes, line);
    if (!job) continue;
    const reason = "reason" in job ? job.reason : excess(job, checkResourceRequest);
    if (reason !== undefined) problems.push({ line, reason });
    else if (!("reason" in job)) jobs.push(job);
    if (problems.length === MAX_BAD_LINES) break;
    if (jobs.length > MAX_JOBS) {
      throw new UsageError(
        `Cannot run ${name}: it contains more than ${MAX_JOBS} jobs; split it`,
      );
    }
  }
  if (problems.length > 0) {
    if (isOneDocument(content)) {
      throw new UsageError(
        `Cannot run ${name}: it is one JSON document over several lines; each line must be one job ` +
          "(convert it with jq -c)",
      );
    }
    throw new UsageError(describe(name, problems));
  }
  if (jobs.length === 0) throw new UsageError(`Cannot run ${name}: it contains no jobs`);
  return { digest: createHash("sha256").update(content).digest("hex"), jobs };
}

/** Whether it begins with the byte order mark of UTF-16, in either order. */
function isUtf16([first, second]: Uint8Array): boolean {
  return first === 0xff && second === 0xfe || first === 0xfe && second === 0xff;
}

/** Whether it was pretty-printed. */
function isOneDocument(content: Uint8Array): boolean {
  if (content.length > MAX_LINE_BYTES) return false;
  try {
    const text = UTF_8.decode(content).trim();
    JSON.parse(text);
    return text.includes("\n");
  } catch {
    return false;
  }
}

/**
 * The lines with something in them; blank ones, of which there may be millions, are passed over.
 */
function* filledLines(content: Uint8Array): Generator<{ line: number; bytes: Uint8Array }> {
  let line = 1;
  for (let start = 0, position = 0; position < content.length;) {
    const byte = content[position] ?? NEWLINE;
    if (BLANKS.has(byte)) {
      position++;
    } else if (byte === NEWLINE) {
      start = ++position;
      line++;
    } else {
      const newline = content.indexOf(NEWLINE, position);
      const end = newline === -1 ? content.length : newline;
      yield { line, bytes: content.subarray(start, end) };
      start = position = end + 1;
      line++;
    }
  }
}

/** Undefined when it is not UTF-8. A byte order mark is left out. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Undefined where there is nothing. */
function parseLine(bytes: Uint8Array, line: number): CheckedJob | LineProblem | undefined {
  if (bytes.length > MAX_LINE_BYTES) {
    return { line, reason: `longer than ${MAX_LINE_BYTES} bytes` };
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) return { line, reason: "not UTF-8" };
  if (text.trim() === "") return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { line, reason: `not JSON: ${asError(error).message}` };
  }
  const badKey = findBadKey(text);
  if (badKey !== undefined) return { line, reason: badKey };
  const plain = plainJob(json);
  if (plain) return toBatchJob(plain, `job-${line}`);
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
  const atLeast = problems.length === MAX_BAD_LINES ? "at least " : "";
  const count = problems.length === 1 ? "1 line is" : `${atLeast}${problems.length} lines are`;
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
