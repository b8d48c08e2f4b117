/**
 * Reads what master and agents say to each other. The ports are open to anybody on this machine:
 * what is no message must not get any further. Checked is what the logic relies on, no more.
 *
 * @module
 */

import { z } from "zod";
import type { AgentMessage, Ping, Registration } from "./agent_protocol.ts";
import { decodeJson } from "./json.ts";

const id = z.looseObject({ value: z.string() });
const list = z.array(z.looseObject({}));
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

const registration = z.looseObject({
  info: z.looseObject({ hostname: z.string(), id: id.optional(), resources: list.optional() }),
  address: z.looseObject({ ip: z.string(), port: z.number(), tls: z.boolean() }),
  frameworks: z.array(z.looseObject({ id })),
  executors: z.array(z.looseObject({ executor_id: id, framework_id: id })),
  tasks: z.array(z.looseObject({
    taskId: z.string(),
    frameworkId: z.string(),
    agentId: z.string(),
    resources: list,
    statuses: list,
  })),
});

const frameworkId = z.string();
const executorId = z.string();

const agentMessages = z.array(z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("STATUS_UPDATE"),
    frameworkId,
    status: z.looseObject({ task_id: id }),
  }),
  z.looseObject({
    type: z.literal("EXITED_EXECUTOR"),
    frameworkId,
    executorId,
    status: z.number(),
  }),
  z.looseObject({ type: z.literal("EXECUTOR_MESSAGE"), frameworkId, executorId, data: bytes }),
]));

const ping = z.looseObject({ connected: z.boolean() });

function read<T>(body: Uint8Array, schema: z.ZodType): T {
  const value = decodeJson<T>(body);
  const { success, error } = schema.safeParse(value);
  if (success) return value;
  const [issue] = error.issues;
  throw new SyntaxError(`Cannot read a message: ${issue?.path.join(".")}: ${issue?.message}`);
}

/**
 * How an agent presents itself.
 *
 * @throws {SyntaxError} when it is something else.
 */
export function readRegistration(body: Uint8Array): Registration {
  return read(body, registration);
}

/**
 * What an agent tells its master.
 *
 * @throws {SyntaxError} when it is something else.
 */
export function readAgentMessages(body: Uint8Array): AgentMessage[] {
  return read(body, agentMessages);
}

/**
 * What a master asks an agent.
 *
 * @throws {SyntaxError} when it is something else.
 */
export function readPing(body: Uint8Array): Ping {
  return read(body, ping);
}
