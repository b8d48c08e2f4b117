/**
 * What goes over the wire, each way: one source for validation, for the client's types and for
 * docs/openapi.json.
 *
 * @module
 */

import { z } from "zod";
import {
  BATCH_JOB_EXIT_REASONS,
  type BatchJobExitReason,
  isExitReason,
} from "../job/exit_reason.ts";
import type { JobId } from "../job/job_id.ts";
import type { AgentId, FrameworkId, TaskId } from "../mesos/ids.ts";
import { JOB_STATES, LIVE_JOB_STATES } from "../scheduler/inspection.ts";
import { jobSchema } from "../scheduler/job_schema.ts";
import { LOG_LEVELS, parseLogLevel } from "../support/log.ts";

/** Updates in one answer. */
export const MAX_UPDATES = 10_000;
/** Jobs in one answer. */
export const MAX_LISTED_JOBS = 10_000;
/** The longest that an answer is waited for, in seconds. */
export const MAX_WAIT_SECONDS = 3_600;

const DEFAULT_UPDATES = 1_000;
const DEFAULT_LISTED_JOBS = 1_000;

/** An id of a job. */
export const jobID: z.ZodType<JobId, JobId> = z.int({ error: "must be the id of a job" }).positive(
  "must be the id of a job",
).describe("The id of a job.");

const numberText = z.string().regex(/^\d+(\.\d+)?$/, "must be a number").transform(Number);
const wholeText = z.string().regex(/^\d+$/, "must be a whole number").transform(Number)
  .pipe(z.int("must be at most 2^53 - 1"));
const flagText = z.enum(["true", "false"], { error: "must be true or false" })
  .transform((text) => text === "true");
const waitText = numberText.pipe(
  z.number().max(MAX_WAIT_SECONDS, `must be at most ${MAX_WAIT_SECONDS}`),
);

function bounded(maximum: number) {
  return wholeText.pipe(z.int().min(1, "must be at least 1").max(maximum));
}

/** The ids that follow stay exact in JSON. */
const MAX_FIRST_JOB_ID = 1e12;

/** Jobs to issue. */
export const issueBody = z.union([jobSchema, z.array(jobSchema)]);
/** How to issue them. */
export const issueQuery = z.strictObject({
  updates: flagText.optional().describe(
    "false: the ends of these jobs are not delivered by /v1/updates, only kept in the history.",
  ),
  firstJobID: bounded(MAX_FIRST_JOB_ID).optional().describe(
    "The id of the first job, above all that were given before; those of the others follow.",
  ),
});
/** The ids of issued jobs, in order. */
export const issuedJobs = z.object({ jobIDs: z.array(jobID) });

/** Jobs to kill. */
export const killBody = z.strictObject({ jobIDs: z.array(jobID) });
/** What became of them. */
export const killedJobs = z.object({
  killed: z.array(jobID).describe("Dead now; they are reported no more."),
  ended: z.array(jobID).describe("Had ended before; their updates are delivered."),
  unknown: z.array(jobID).describe("Never issued."),
  unconfirmed: z.array(jobID).describe("Still being killed: their end could not be confirmed."),
});

const taskId: z.ZodType<TaskId, TaskId> = z.string();
const agentId: z.ZodType<AgentId, AgentId> = z.string();
const frameworkId: z.ZodType<FrameworkId, FrameworkId> = z.string();

const state = z.enum(JOB_STATES);
const exitReason = z.custom<BatchJobExitReason>(isExitReason).meta({
  type: "string",
  enum: Object.keys(BATCH_JOB_EXIT_REASONS),
});

/** Which jobs to list. */
export const jobsQuery = z.strictObject({
  state: z.string().optional().describe(
    "States, with commas; `all` for all. Default: all but `ended`.",
  ).transform((text, context) => {
    if (text === undefined) return [...LIVE_JOB_STATES];
    if (text === "all") return [...JOB_STATES];
    const parsed = z.array(state).safeParse(text.split(","));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message: `must be some of ${JOB_STATES.join(", ")}` });
    return z.NEVER;
  }),
  after: wholeText.optional().describe("Only jobs with a greater id."),
  limit: bounded(MAX_LISTED_JOBS).prefault(String(DEFAULT_LISTED_JOBS)),
  search: z.string().min(1).optional().describe("Only jobs of this id, name or node."),
  order: z.enum(["id", "end"]).default("id").describe(
    "`end`: the jobs that have ended, the last first.",
  ),
});

const attempt = z.object({
  taskId,
  node: z.string(),
  agentId,
  launchedAtMs: z.number(),
  startedAtMs: z.number().optional(),
  endedAtMs: z.number().optional(),
  exitReason: exitReason.optional().describe("Absent where the command was not begun."),
  exitStatus: z.number().optional(),
});

/** A job. Times are in milliseconds since the Unix epoch, sizes in bytes. */
export const job = z.object({
  jobID,
  name: z.string(),
  command: z.string(),
  state,
  cores: z.number(),
  memory: z.number(),
  disk: z.number(),
  gpus: z.number(),
  preemptible: z.boolean(),
  local: z.boolean(),
  timeLimitMs: z.number().optional(),
  attempts: z.number().describe("How many were made so far."),
  issuedAtMs: z.number().optional(),
  launchedAtMs: z.number().optional().describe("Of the last attempt."),
  startedAtMs: z.number().optional().describe("Of the last attempt."),
  endedAtMs: z.number().optional().describe("Of the last attempt."),
  node: z.string().optional(),
  taskId: taskId.optional(),
  exitStatus: z.number().optional(),
  exitReason: exitReason.optional(),
  wallTime: z.number().optional().describe("Seconds."),
  message: z.string().optional(),
});
/** A job with its attempts, oldest first. */
export const jobWithHistory = job.extend({ history: z.array(attempt) });
/** Some jobs; `next` is the `after` of the next page. */
export const jobList = z.object({ jobs: z.array(job), next: z.number().optional() });
/** How to look at a job. */
export const jobQuery = z.strictObject({
  wait: waitText.optional().describe("Answer when the job has ended, or after this many seconds."),
});

/** Which part of an output. */
export const outputQuery = z.strictObject({
  offset: wholeText.prefault("0").describe("The first byte."),
  wait: waitText.optional().describe("Wait up to this many seconds for more."),
  tail: wholeText.pipe(z.int().min(1, "must be at least 1")).optional().describe(
    "Instead of an offset: at most this many bytes of the end.",
  ),
});

/** Seconds by id. */
export const running = z.record(z.string(), z.number());

/** Which updates. */
export const updatesQuery = z.strictObject({
  wait: waitText.optional().describe("Wait up to this many seconds for the first."),
  ack: wholeText.optional().describe("All updates up to this number have arrived."),
  limit: bounded(MAX_UPDATES).prefault(String(DEFAULT_UPDATES)),
});
const update = z.object({
  number: z.number().describe("To be acknowledged."),
  jobID,
  name: z.string(),
  exitStatus: z.number(),
  exitReason,
  wallTime: z.number().describe("Seconds."),
  node: z.string(),
  message: z.string(),
  backingId: taskId.describe("The task's id in Mesos."),
  attempts: z.number().optional().describe("How often it was run, where more than once."),
});
/** Jobs that have ended, oldest first. */
export const updateList = z.object({ updates: z.array(update) });

/** Which nodes. */
export const nodesQuery = z.strictObject({
  preemptible: flagText.optional(),
  timeout: numberText.optional().describe("Only nodes heard of within this many seconds."),
});
const node = z.object({
  address: z.string(),
  hostnames: z.array(z.string()),
  agentIds: z.array(agentId),
  preemptible: z.boolean(),
  ignored: z.boolean(),
  lastSeenMs: z.number(),
  workers: z.number().describe("Our jobs there."),
  coresTotal: z.number(),
  coresUsed: z.number().describe("Share of all cores in use, 0 to 1."),
  memoryTotal: z.number(),
  memoryUsed: z.number().describe("Share of all memory in use, 0 to 1."),
  requestedCores: z.number(),
  requestedMemory: z.number(),
  availableCores: z.number().describe("The most that Mesos lately had for us."),
  availableMemory: z.number(),
  availableDisk: z.number(),
  availableGpus: z.number(),
});
/** The nodes. */
export const nodeList = z.object({ nodes: z.array(node) });
/** How a node that is no longer ignored gets jobs again. */
export const unignoreQuery = z.strictObject({
  rest: waitText.optional().describe(
    "Leave it alone for so many seconds first, at most 10 where no other node works.",
  ),
});
/** Names of nodes. */
export const ignoredNodes = z.object({ ignored: z.array(z.string()) });
/** Whether a node is used. */
export const inUse = z.object({ inUse: z.boolean() });

/** The value of a variable; without it, the one that the scheduler has. */
export const environmentBody = z.strictObject({ value: z.string().optional() });
/** A file or directory of the scheduler's host, or what Toil has put into its job store. */
export const userScriptBody = z.union([
  z.strictObject({ path: z.string().startsWith("/", "must be an absolute path") }),
  z.strictObject({
    resource: z.string().min(1).describe("As Toil's `Resource.pickle()` gives it."),
  }),
], { error: "expected a path or a resource" });
/** A level of the log. */
export const logLevelBody = z.strictObject({
  level: z.string().transform((text, context) => {
    const level = parseLogLevel(text);
    if (level) return level;
    context.addIssue({ code: "custom", message: `must be one of ${LOG_LEVELS.join(", ")}` });
    return z.NEVER;
  }),
});
/** How to end. */
export const shutdownBody = z.strictObject({
  keepJobs: z.boolean().default(false).describe(
    "Leave the jobs to Mesos: the next scheduler with the same --state takes them over.",
  ),
});

const shape = z.object({
  cores: z.number(),
  memory: z.number(),
  disk: z.number(),
  gpus: z.number(),
  preemptible: z.boolean(),
  jobs: z.number(),
  sinceMs: z.number(),
  reason: z.string(),
});
/** The scheduler as a whole. */
export const status = z.object({
  version: z.string(),
  name: z.string(),
  frameworkId: frameworkId.optional(),
  connected: z.boolean().describe("To Mesos."),
  stopping: z.boolean(),
  startedAtMs: z.number(),
  nowMs: z.number(),
  jobs: z.record(state, z.number()).describe(
    "Jobs by state; `ended`: all since the state was new.",
  ),
  nodes: z.number(),
  ignoredNodes: z.array(z.string()),
  pendingUpdates: z.number().describe("Not acknowledged yet."),
  waiting: z.array(shape).describe("What waits for which resource, and why."),
  message: z.string().describe("The same for people; empty when nothing waits."),
});
const series = z.array(z.number());
const failure = z.object({
  jobID,
  name: z.string(),
  node: z.string(),
  exitStatus: z.number(),
  exitReason,
  wallTime: z.number().describe("Seconds."),
  message: z.string(),
  endedAtMs: z.number(),
});
/** Jobs over time since the scheduler was started. Each series has a value for each bin. */
export const history = z.object({
  startMs: z.number(),
  binMs: z.number().describe("Doubles as the run grows, so that the bins stay few."),
  endMs: z.number(),
  waiting: series.describe("The mean number of jobs."),
  running: series.describe("The mean number of jobs."),
  finished: series.describe("How many jobs did."),
  failed: series.describe("How many jobs did."),
  failures: z.array(failure).describe("The last ones, the newest first."),
});
/** Whether it works. */
export const health = z.object({ status: z.enum(["ok", "disconnected", "stopping"]) });
/** What every refusal looks like. */
export const refusal = z.object({
  error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }),
});
/** Nothing to say. */
export const nothing = z.object({});

/** The events that are sent. */
export const eventsQuery = z.strictObject({
  since: z.string().optional().describe("As the header Last-Event-ID."),
});
