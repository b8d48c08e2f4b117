/**
 * What records look like on disk: JSON that is checked when it is read, since what is read may have
 * been written by another version, or damaged.
 *
 * @module
 */

import { z } from "zod";
import { BATCH_JOB_EXIT_REASONS, type BatchJobExitReason } from "../job/exit_reason.ts";
import type { MesosResource } from "../mesos/messages.ts";
import type { ExecutorRecord, FrameworkRecord, JobFileRecord, JobRecord } from "./model.ts";

const exitReason = z.enum(
  Object.keys(BATCH_JOB_EXIT_REASONS) as [BatchJobExitReason, ...BatchJobExitReason[]],
);
const count = z.int().nonnegative();

/** A job. */
export const jobRecordSchema: z.ZodType<JobRecord> = z.object({
  jobID: count,
  spec: z.object({
    command: z.string(),
    name: z.string(),
    shape: z.object({
      cpusMilli: count,
      memoryBytes: count,
      diskBytes: count,
      gpus: count,
      preemptible: z.boolean(),
    }),
    environment: z.record(z.string(), z.string()),
    local: z.boolean(),
    fileDigest: z.string().optional(),
  }),
  attempt: count,
  task: z.object({
    taskId: z.string(),
    agentId: z.string(),
    node: z.string(),
    phase: z.enum(["LAUNCHING", "STARTING", "RUNNING", "UNREACHABLE", "SETTLING"]),
    launchedAtMs: z.number(),
    startedAtMs: z.number().optional(),
    seen: z.boolean(),
    told: z.object({ state: z.string(), message: z.string() }).optional(),
  }).optional(),
  killRequested: z.boolean(),
  result: z.object({
    jobID: count,
    name: z.string(),
    exitStatus: z.int(),
    exitReason,
    wallTimeSeconds: z.number().positive(),
    node: z.string(),
    message: z.string(),
    taskId: z.string(),
  }).optional(),
});

/** The framework. */
export const frameworkRecordSchema: z.ZodType<FrameworkRecord> = z.object({
  frameworkId: z.string().optional(),
  nextJobID: count,
  workflowID: z.string(),
  ignoredNodes: z.array(z.string()),
  usesGpus: z.boolean(),
});

/** An executor. Its resources are Mesos' own, and go back as they came. */
export const executorRecordSchema: z.ZodType<ExecutorRecord> = z.object({
  agentId: z.string(),
  role: z.string(),
  executorId: z.string(),
  resources: z.array(z.custom<MesosResource>((value) => typeof value === "object")),
});

/** How far a job file has come. */
export const jobFileRecordSchema: z.ZodType<JobFileRecord> = z.object({
  digest: z.string(),
  issued: count,
  ended: z.partialRecord(exitReason, count),
});
