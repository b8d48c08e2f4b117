/**
 * Messages ⇄ bytes, in both media types that Mesos speaks.
 *
 * @module
 */

import protobuf from "protobufjs";
import { MessageDecodeError } from "./errors.ts";
import type { ExecutorCall, ExecutorEvent, SchedulerCall, SchedulerEvent } from "./messages.ts";
import { loadSchema } from "./protos/schema.ts";

/** The binary encoding, which we send. */
export const PROTOBUF = "application/x-protobuf";
/** The readable encoding, which Mesos takes and gives as well. */
export const JSON_TYPE = "application/json";
/** What a body can be encoded in. */
export type MediaType = typeof PROTOBUF | typeof JSON_TYPE;

/** Encodes and decodes one type of message. */
export interface Codec<T> {
  /** The bytes of a message. */
  encode(message: T, mediaType?: MediaType): Uint8Array;
  /**
   * The message in the bytes. Fields that are not in our schema are dropped.
   *
   * @throws {MessageDecodeError} when the bytes are something else.
   */
  decode(bytes: Uint8Array, mediaType?: MediaType): T;
}

const schema = loadSchema();

/** The codec hands out Node buffers where it finds them; a plain view behaves the same everywhere. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function missingField(type: protobuf.Type, value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `expected an object for ${type.name}`;
  }
  const record = value as Record<string, unknown>;
  for (const field of type.fieldsArray) {
    const member = record[field.name];
    if (member === undefined || member === null) {
      if (field.required) return `missing required field '${type.name}.${field.name}'`;
      continue;
    }
    if (!(field.resolvedType instanceof protobuf.Type)) continue;
    for (const each of field.repeated && Array.isArray(member) ? member : [member]) {
      const missing = missingField(field.resolvedType, each);
      if (missing) return missing;
    }
  }
  return undefined;
}

function decodeJson(type: protobuf.Type, bytes: Uint8Array): protobuf.Message {
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  const missing = missingField(type, value);
  if (missing) throw new TypeError(missing);
  return type.fromObject(value as Record<string, unknown>);
}

function codec<T extends object>(name: string): Codec<T> {
  const type = schema.lookupType(`mesos.v1.${name}`);
  return {
    encode(message, mediaType = PROTOBUF) {
      const encodable = type.fromObject(message as Record<string, unknown>);
      if (mediaType === PROTOBUF) return plain(type.encode(encodable).finish());
      const json = type.toObject(encodable, { enums: String, longs: Number, bytes: String });
      return new TextEncoder().encode(JSON.stringify(json));
    },
    decode(bytes, mediaType = PROTOBUF) {
      try {
        const message = mediaType === PROTOBUF
          ? type.decode(plain(bytes))
          : decodeJson(type, bytes);
        return type.toObject(message, { enums: String, longs: Number }) as T;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new MessageDecodeError(name, reason, { cause: error });
      }
    },
  };
}

/** Scheduler → master. */
export const schedulerCallCodec: Codec<SchedulerCall> = codec("scheduler.Call");
/** Master → scheduler. */
export const schedulerEventCodec: Codec<SchedulerEvent> = codec("scheduler.Event");
/** Executor → agent. */
export const executorCallCodec: Codec<ExecutorCall> = codec("executor.Call");
/** Agent → executor. */
export const executorEventCodec: Codec<ExecutorEvent> = codec("executor.Event");
