/**
 * Schemas of the messages between master and agents and of their files. In messages of Mesos,
 * only the fields that the logic relies on are checked: the codec checked the rest when they
 * arrived, and every writer here knows the cluster's secret.
 *
 * @module
 */

import { z } from "zod";
import type {
  AgentInfo,
  ExecutorInfo,
  FrameworkInfo,
  MesosResource,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../../mesos/wire/messages.ts";
import type { AgentMessage, MasterMessage, Ping, Registration } from "./agent_protocol.ts";
import { decodeJson } from "./json.ts";
import type { Task } from "./task_status.ts";

/** A message in which only these fields are checked. */
function message<T>(shape: z.core.$ZodLooseShape): z.ZodType<T> {
  const fields = z.looseObject(shape);
  return z.custom<T>((value) => fields.safeParse(value).success);
}

const id = z.looseObject({ value: z.string() });
const text = z.string();
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const taskState = z.custom<TaskState>((value) => typeof value === "string");
const resources = z.array(message<MesosResource>({ name: text }));

const taskInfo = message<TaskInfo>({ name: text, task_id: id, agent_id: id });
const taskStatus = message<TaskStatus>({ task_id: id, state: taskState });

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

/** A line of the file of a task's updates. */
export const updateRecord: z.ZodType<{ update: TaskStatus } | { acknowledged: Uint8Array }> = z
  .union([z.object({ update: taskStatus }), z.object({ acknowledged: bytes })]);

export const registration: z.ZodType<Registration> = z.object({
  info: agentInfo,
  address: z.object({ ip: text, port: z.number(), tls: z.boolean() }),
  frameworks: z.array(frameworkInfo),
  executors: z.array(executorInfo),
  tasks: z.array(task),
});

const executor = { frameworkId: text, executorId: text };

/** Messages from an agent to its master. */
export const agentMessages: z.ZodType<AgentMessage[]> = z.array(z.discriminatedUnion("type", [
  z.object({
    type: z.literal("STATUS_UPDATE"),
    frameworkId: text,
    status: taskStatus,
    latestState: taskState.optional(),
  }),
  z.object({ type: z.literal("EXITED_EXECUTOR"), ...executor, status: z.number() }),
  z.object({ type: z.literal("EXECUTOR_MESSAGE"), ...executor, data: bytes }),
]));

/** Messages from a master to an agent. */
export const masterMessage: z.ZodType<MasterMessage> = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("REGISTERED"),
    agentId: text,
    pingTimeoutMs: z.number(),
    reconciliations: z.array(z.object({ framework: frameworkInfo, taskIds: z.array(text) })),
  }),
  z.object({
    type: z.literal("RUN_TASK"),
    framework: frameworkInfo,
    task: taskInfo,
    launchExecutor: z.boolean(),
  }),
  z.object({
    type: z.literal("KILL_TASK"),
    frameworkId: text,
    taskId: text,
    killPolicy: z.looseObject({}).optional(),
  }),
  z.object({ type: z.literal("ACKNOWLEDGE"), frameworkId: text, taskId: text, uuid: bytes }),
  z.object({ type: z.literal("FRAMEWORK_MESSAGE"), ...executor, data: bytes }),
  z.object({ type: z.literal("SHUTDOWN_EXECUTOR"), ...executor }),
  z.object({ type: z.literal("SHUTDOWN_FRAMEWORK"), frameworkId: text }),
  z.object({ type: z.literal("UPDATE_FRAMEWORK"), framework: frameworkInfo }),
]);

/** The ping of a master. */
export const ping: z.ZodType<Ping> = z.object({ connected: z.boolean() });

/**
 * Parses JSON and validates it against a schema.
 *
 * @throws {SyntaxError} naming the first field that does not.
 */
export function readJson<T>(body: Uint8Array, schema: z.ZodType<T>): T {
  const { success, data, error } = schema.safeParse(decodeJson(body));
  if (success) return data;
  const [issue] = error.issues;
  throw new SyntaxError(`Cannot read a message: ${issue?.path.join(".")}: ${issue?.message}`);
}
