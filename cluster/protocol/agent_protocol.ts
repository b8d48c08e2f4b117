/**
 * The protocol between master and agents of this cluster. Mesos uses libprocess messages,
 * which no other software implements; here it is JSON over HTTP:
 *
 * ```text
 *  agent ── POST /internal/agents {Registration} ──────────► master   answered by a stream of
 *        ◄── RecordIO of MasterMessage ────────────────────           records, the link
 *  agent ── POST /internal/agents/LINK [AgentMessage, …] ──► master   in order; 404: register again
 *  agent ◄── POST /internal/ping {connected} ──────────────  master   also while it recovers
 * ```
 *
 * In messages of Mesos, only the fields that the logic relies on are checked: the codec checked the
 * rest when they arrived, and every writer here knows the cluster's secret.
 *
 * @module
 */

import { z } from "zod";
import type { AgentId, ExecutorId, FrameworkId, TaskId } from "../../mesos/ids.ts";
import type {
  AgentInfo,
  ExecutorInfo,
  FrameworkInfo,
  KillPolicy,
  MesosResource,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../../mesos/wire/messages.ts";
import { fromJson } from "./json.ts";
import type { Task } from "./task_status.ts";

/** The path at which agents register; their links are below it. */
export const AGENTS_PATH = "/internal/agents";
export const PING_PATH = "/internal/ping";
export const LINK_HEADER = "Link-Id";

/** A message in which only these fields are checked. */
function message<T>(shape: z.core.$ZodLooseShape): z.ZodType<T> {
  const fields = z.looseObject(shape);
  return z.custom<T>((value) => fields.safeParse(value).success);
}

const id = z.looseObject({ value: z.string() });
const text = z.string();
const agentId: z.ZodType<AgentId> = text;
export const executorId: z.ZodType<ExecutorId> = text;
export const frameworkId: z.ZodType<FrameworkId> = text;
export const taskId: z.ZodType<TaskId> = text;
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const taskState = z.custom<TaskState>((value) => typeof value === "string");
const resources = z.array(message<MesosResource>({ name: text }));

const taskInfo = message<TaskInfo>({ name: text, task_id: id, agent_id: id });
export const taskStatus = message<TaskStatus>({ task_id: id, state: taskState });

export const agentInfo: z.ZodType<AgentInfo> = message({
  hostname: text,
  id: id.optional(),
  resources: resources.optional(),
});
export const frameworkInfo: z.ZodType<FrameworkInfo> = message({ id });
export const executorInfo: z.ZodType<ExecutorInfo> = message({
  executor_id: id,
  framework_id: id.optional(),
});

/** A task as master and agent keep it. */
export const task: z.ZodType<Task> = message({
  taskId: text,
  frameworkId: text,
  agentId: text,
  resources,
  statuses: z.array(message<TaskStatus>({})),
});

const agentAddress = z.object({ ip: text, port: z.number() });
export type AgentAddress = z.infer<typeof agentAddress>;

export const registration = z.object({
  info: agentInfo,
  address: agentAddress,
  frameworks: z.array(frameworkInfo),
  executors: z.array(executorInfo),
  tasks: z.array(task),
});
export type Registration = z.infer<typeof registration>;

const executor = { frameworkId, executorId };

export const agentMessages = z.array(z.discriminatedUnion("type", [
  z.object({
    type: z.literal("STATUS_UPDATE"),
    frameworkId,
    status: taskStatus,
    /** The current state of the task, which may be later than that of the update. */
    latestState: taskState.optional(),
  }),
  z.object({
    type: z.literal("EXITED_EXECUTOR"),
    ...executor,
    /** The wait status; -1 when unknown or when no process was started. */
    status: z.number(),
  }),
  z.object({ type: z.literal("EXECUTOR_MESSAGE"), ...executor, data: bytes }),
]));
export type AgentMessage = z.infer<typeof agentMessages>[number];

const reconciliation = z.object({ framework: frameworkInfo, taskIds: z.array(taskId) });
export type TaskReconciliation = z.infer<typeof reconciliation>;

export const masterMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("REGISTERED"),
    agentId,
    /** How long the agent waits for a ping before it registers again, in milliseconds. */
    pingTimeoutMs: z.number(),
    reconciliations: z.array(reconciliation),
  }),
  z.object({
    type: z.literal("RUN_TASK"),
    framework: frameworkInfo,
    task: taskInfo,
    launchExecutor: z.boolean(),
  }),
  z.object({
    type: z.literal("KILL_TASK"),
    frameworkId,
    taskId,
    killPolicy: message<KillPolicy>({}).optional(),
  }),
  z.object({ type: z.literal("ACKNOWLEDGE"), frameworkId, taskId, uuid: bytes }),
  z.object({ type: z.literal("FRAMEWORK_MESSAGE"), ...executor, data: bytes }),
  z.object({ type: z.literal("SHUTDOWN_EXECUTOR"), ...executor }),
  z.object({ type: z.literal("SHUTDOWN_FRAMEWORK"), frameworkId }),
  z.object({ type: z.literal("UPDATE_FRAMEWORK"), framework: frameworkInfo }),
]);
export type MasterMessage = z.infer<typeof masterMessage>;

export const ping = z.object({ connected: z.boolean() });
export type Ping = z.infer<typeof ping>;

/**
 * Parses JSON and validates it against a schema.
 *
 * @throws {SyntaxError} naming the first field that is not valid.
 */
export function readJson<T>(json: Uint8Array | string, schema: z.ZodType<T>): T {
  const text = typeof json === "string" ? json : new TextDecoder().decode(json);
  const { success, data, error } = schema.safeParse(fromJson(text));
  if (success) return data;
  const [issue] = error.issues;
  throw new SyntaxError(`Cannot read a message: ${issue?.path.join(".")}: ${issue?.message}`);
}
