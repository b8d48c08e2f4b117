/**
 * What records look like on disk: JSON that is checked when it is read, since what is read may have
 * been written by another version, or damaged.
 *
 * @module
 */

import { z } from "zod";
import { BATCH_JOB_EXIT_REASONS, type BatchJobExitReason } from "../../job/exit_reason.ts";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import type {
  EndedJobRecord,
  ExecutorRecord,
  FrameworkRecord,
  JobFileRecord,
  JobRecord,
  RequestRecord,
} from "../core/records.ts";

const exitReason = z.enum(
  Object.keys(BATCH_JOB_EXIT_REASONS) as [BatchJobExitReason, ...BatchJobExitReason[]],
);
const count = z.int().nonnegative();

const endedSpecSchema = z.object({
  command: z.string(),
  name: z.string(),
  shape: z.object({
    cpusMilli: count,
    memoryBytes: count,
    diskBytes: count,
    gpus: count,
    preemptible: z.boolean(),
  }),
  local: z.boolean(),
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
});

const jobRecordSchema: z.ZodType<JobRecord> = z.object({
  jobID: count,
  spec: endedSpecSchema.extend({ environment: z.record(z.string(), z.string()) }),
  issuedAtMs: z.number().optional(),
  attempt: count,
  pastTasks: z.array(pastTaskSchema).optional(),
  task: z.object({
    taskId: z.string(),
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
  }).optional(),
  killRequested: z.boolean(),
  result: resultSchema.optional(),
  resultNumber: count.optional(),
});

const endedJobRecordSchema: z.ZodType<EndedJobRecord> = z.object({
  jobID: count,
  spec: endedSpecSchema,
  issuedAtMs: z.number().optional(),
  attempt: count,
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
  taskIdSuffix: z.string().optional(),
  onTemporaryMesos: z.boolean().optional(),
  retiredExecutorIds: z.array(z.string()).optional(),
  ignoredNodes: z.array(z.string()),
  usesGpus: z.boolean(),
});

const executorRecordSchema: z.ZodType<ExecutorRecord> = z.object({
  agentId: z.string(),
  role: z.string(),
  executorId: z.string(),
  // Mesos' own; they go back as they came.
  resources: z.array(z.custom<MesosResource>((value) => typeof value === "object")),
});

const jobFileRecordSchema: z.ZodType<JobFileRecord> = z.object({
  digest: z.string(),
  issued: count,
  ended: z.partialRecord(exitReason, count),
});

/** Reads one kind of record from the text of its row. */
export type RecordReader<T> = (text: string) => T;

/** The parser's own error would quote the record, which may hold secrets. */
function parseJson(kind: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError(`${kind}: the record is not JSON`);
  }
}

function reader<T>(kind: string, schema: z.ZodType<T>): RecordReader<T> {
  return (text) => {
    const parsed = schema.safeParse(parseJson(kind, text));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new SyntaxError(`${kind}: field '${issue?.path.join(".")}': ${issue?.message}`);
  };
}

/** Reads a job. @throws {SyntaxError} naming the field that is wrong. */
export const readJobRecord: RecordReader<JobRecord> = reader("job", jobRecordSchema);
/** Reads the framework. @throws {SyntaxError} naming the field that is wrong. */
export const readFrameworkRecord: RecordReader<FrameworkRecord> = reader(
  "framework",
  frameworkRecordSchema,
);
/** Reads an executor. @throws {SyntaxError} naming the field that is wrong. */
export const readExecutorRecord: RecordReader<ExecutorRecord> = reader(
  "executor",
  executorRecordSchema,
);
/** Reads how far a job file has come. @throws {SyntaxError} naming the field that is wrong. */
export const readJobFileRecord: RecordReader<JobFileRecord> = reader(
  "job file",
  jobFileRecordSchema,
);
/** Reads a job of the history. @throws {SyntaxError} naming the field that is wrong. */
export const readEndedJobRecord: RecordReader<EndedJobRecord> = reader(
  "ended job",
  endedJobRecordSchema,
);
/** Reads a request. @throws {SyntaxError} naming the field that is wrong. */
export const readRequestRecord: RecordReader<RequestRecord> = reader(
  "request",
  requestRecordSchema,
);
