/**
 * What records look like on disk: JSON that is checked when it is read, since it may have been
 * written by another version, or damaged, and when it is written, so that no record is kept that
 * can't be read again.
 *
 * @module
 */

import { z } from "zod";
import { type BatchJobExitReason, isExitReason } from "../../job/exit_reason.ts";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import type {
  EndedJobRecord,
  ExecutorRecord,
  FrameworkRecord,
  JobFileRecord,
  JobRecord,
  RequestRecord,
  TaskRecord,
} from "../core/records.ts";
import { compactJob } from "./compact_job.ts";
import { isEnvironment, isWaitingJob, waitingJob } from "./waiting_job.ts";

const exitReason = z.custom<BatchJobExitReason>(isExitReason);
const count = z.int().nonnegative();

const endedSpecSchema = z.object({
  command: z.string(),
  name: z.string(),
  shape: z.object({
    cpusMilli: count,
    memoryBytes: count,
    diskBytes: count,
    gpus: count.default(0),
    preemptible: z.boolean().default(false),
  }),
  local: z.boolean().default(false),
  timeLimitMs: z.number().positive().optional(),
  retries: count.optional(),
  fileDigest: z.string().optional(),
  unreported: z.boolean().optional(),
});

const pastTaskSchema = z.object({
  taskId: z.string(),
  agentId: z.string(),
  node: z.string(),
  executorId: z.string().optional(),
  agentUrl: z.string().optional(),
  containerId: z.string().optional(),
  launchedAtMs: z.number(),
  startedAtMs: z.number().optional(),
  endedAtMs: z.number(),
  exitReason: exitReason.optional(),
  exitStatus: z.int().optional(),
});

const resultSchema = z.object({
  jobID: count,
  name: z.string(),
  exitStatus: z.int(),
  exitReason,
  wallTimeSeconds: z.number().positive(),
  node: z.string(),
  message: z.string(),
  taskId: z.string(),
  attempts: count.optional(),
});

/** zod's own record leaves `__proto__` out, which names a variable as well as any other. */
const environmentSchema = z.custom<Readonly<Record<string, string>>>(
  isEnvironment,
  "must be names and values",
);

/** Jobs; see waiting_job.ts for what need not go through it. */
export const jobRecordSchema: z.ZodType<JobRecord> = z.object({
  jobID: count,
  spec: endedSpecSchema.extend({ environment: environmentSchema.default({}) }),
  issuedAtMs: z.number().optional(),
  attempt: count.default(0),
  retried: count.optional(),
  failedLaunches: count.optional(),
  vainLaunches: count.optional(),
  pastTasks: z.array(pastTaskSchema).optional(),
  taskId: z.string().optional(),
  killRequested: z.boolean().default(false),
  result: resultSchema.optional(),
  resultNumber: count.optional(),
});

const taskRecordSchema: z.ZodType<TaskRecord> = z.object({
  taskId: z.string(),
  jobIDs: z.array(count).min(1),
  abandonedJobIDs: z.array(count).optional(),
  agentId: z.string(),
  node: z.string(),
  phase: z.enum(["LAUNCHING", "STARTING", "RUNNING", "UNREACHABLE", "SETTLING"]),
  launchedAtMs: z.number(),
  startedAtMs: z.number().optional(),
  executorId: z.string().optional(),
  borrowedCpusMilli: count.optional(),
  joinsExecutor: z.boolean().optional(),
  seen: z.boolean(),
  agentUrl: z.string().optional(),
  containerId: z.string().optional(),
  told: z.object({ state: z.string(), message: z.string() }).optional(),
});

const endedJobRecordSchema: z.ZodType<EndedJobRecord> = z.object({
  jobID: count,
  spec: endedSpecSchema,
  issuedAtMs: z.number().optional(),
  attempt: count.default(0),
  pastTasks: z.array(pastTaskSchema),
  result: resultSchema,
});

const requestRecordSchema: z.ZodType<RequestRecord> = z.object({
  key: z.string(),
  digest: z.string(),
  firstJobID: count,
  count,
});

const frameworkRecordSchema: z.ZodType<FrameworkRecord> = z.object({
  frameworkId: z.string().optional(),
  nextJobID: count,
  nextResultNumber: count.optional(),
  workflowID: z.string(),
  onTemporaryMesos: z.boolean().optional(),
  isRestored: z.boolean().optional(),
  retiredExecutorIds: z.array(z.string()).optional(),
  ignoredNodes: z.array(z.string()),
  usesGpus: z.boolean(),
});

/** Mesos' own, which goes back as it came: whatever else it has is kept. */
const resourceSchema = z.custom<MesosResource>((value) =>
  z.looseObject({
    name: z.string(),
    type: z.string(),
    scalar: z.object({ value: z.number() }).optional(),
  }).safeParse(value).success, "must be a resource");

const executorRecordSchema: z.ZodType<ExecutorRecord> = z.object({
  agentId: z.string(),
  role: z.string(),
  executorId: z.string(),
  resources: z.array(resourceSchema),
  runsBundles: z.boolean().optional(),
});

const jobFileRecordSchema: z.ZodType<JobFileRecord> = z.object({
  digest: z.string(),
  issued: count,
  ended: z.partialRecord(exitReason, count),
});

/** How one kind of record is written to the text of a row and read from it. */
export interface RecordCodec<T> {
  /**
   * The text of a record that can be read again.
   *
   * @throws {TypeError} naming the field that is wrong, when it could not be.
   */
  write(record: T): string;
  /** @throws {SyntaxError} naming the field that is wrong. */
  read(text: string): T;
  /**
   * The record that the JSON of a text is.
   *
   * @throws {SyntaxError} naming the field that is wrong.
   */
  check(json: unknown): T;
}

/** The parser's own error would quote the record, which may hold secrets. */
function parseJson(kind: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError(`${kind}: the record is not JSON`);
  }
}

/** How a codec differs from one that writes and checks everything. */
interface CodecOptions<T> {
  /** The record without what the schema adds by itself. */
  readonly compact?: (record: T) => unknown;
  /** Whether a record need not be checked by the schema. */
  readonly isSound?: (record: unknown) => boolean;
  /** Such a record, with what it leaves out; undefined for others. */
  readonly quick?: (record: unknown) => T | undefined;
}

function codec<T>(
  kind: string,
  schema: z.ZodType<T>,
  { compact = (record) => record, isSound = () => false, quick = () => undefined }: CodecOptions<
    T
  > = {},
): RecordCodec<T> {
  const checkAs = (record: unknown, ErrorClass: new (message: string) => Error): T => {
    const parsed = schema.safeParse(record);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new ErrorClass(`${kind}: field '${issue?.path.join(".")}': ${issue?.message}`);
  };
  const check = (json: unknown) => quick(json) ?? checkAs(json, SyntaxError);
  return {
    write: (record) =>
      JSON.stringify(compact(isSound(record) ? record : checkAs(record, TypeError))),
    read: (text) => check(parseJson(kind, text)),
    check,
  };
}

/** Jobs. */
export const jobCodec: RecordCodec<JobRecord> = codec("job", jobRecordSchema, {
  compact: compactJob,
  isSound: isWaitingJob,
  quick: waitingJob,
});
/** Tasks. */
export const taskCodec: RecordCodec<TaskRecord> = codec("task", taskRecordSchema);
/** The framework. */
export const frameworkCodec: RecordCodec<FrameworkRecord> = codec(
  "framework",
  frameworkRecordSchema,
);
/** Executors. */
export const executorCodec: RecordCodec<ExecutorRecord> = codec("executor", executorRecordSchema);
/** How far job files have come. */
export const jobFileCodec: RecordCodec<JobFileRecord> = codec("job file", jobFileRecordSchema);
/** Jobs of the history. */
export const endedJobCodec: RecordCodec<EndedJobRecord> = codec("ended job", endedJobRecordSchema, {
  compact: compactJob,
});
/** Requests. */
export const requestCodec: RecordCodec<RequestRecord> = codec("request", requestRecordSchema);
