/**
 * Encodes and decodes messages in the two media types of Mesos.
 *
 * @module
 */

import protobuf from "protobufjs";
import { MessageDecodeError } from "../mesos_errors.ts";
import type { ExecutorCall, ExecutorEvent, SchedulerCall, SchedulerEvent } from "./messages.ts";
import { isObject } from "../../support/json_checks.ts";
import { loadSchema } from "./protos/schema.ts";

/** The binary encoding, which we send. */
export const PROTOBUF = "application/x-protobuf";
/** The JSON encoding, which Mesos supports as well. */
export const JSON_TYPE = "application/json";
/** A media type of the Mesos API. */
export type MediaType = typeof PROTOBUF | typeof JSON_TYPE;

/** Encodes and decodes one type of message. */
export interface Codec<T> {
  /** Encodes a message. */
  encode(message: T, mediaType?: MediaType): Uint8Array;
  /**
   * Decodes a message. Fields that are not in our schema are dropped.
   *
   * @throws {MessageDecodeError} when the bytes are not such a message.
   */
  decode(bytes: Uint8Array, mediaType?: MediaType): T;
}

/** Read at the first use: most of what imports this file needs it late, or never. */
let schema: protobuf.Root | undefined;

function messageType(name: string): protobuf.Type {
  schema ??= loadSchema();
  return schema.lookupType(`mesos.v1.${name}`);
}

/** Converts a Node buffer of the codec to a plain array, which behaves the same everywhere. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Validates a scalar: protobufjs would convert other values to texts like `[object Object]` or
 * NaN, or keep them. */
function readScalar(field: protobuf.Field, value: unknown): unknown {
  if (field.type === "bytes" && typeof value === "string") return Uint8Array.fromBase64(value);
  // A lone surrogate can't be encoded in UTF-8.
  if (field.type === "string" && typeof value === "string") return value.toWellFormed();
  const isExpected = field.type === "bool"
    ? typeof value === "boolean"
    : field.type === "double"
    ? Number.isFinite(value)
    : !["string", "bytes"].includes(field.type) && Number.isInteger(value);
  if (!isExpected) throw new TypeError(`expected ${field.type} for '${field.name}'`);
  return value;
}

/** The value of an enum; undefined for one of a newer Mesos. */
function readEnum({ values }: protobuf.Enum, value: unknown): number | undefined {
  return Object.entries(values).find((entry) => entry.some((each) => each === value))?.[1];
}

function readOne(field: protobuf.Field, value: unknown): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return readMessage(resolvedType, value);
  return resolvedType ? readEnum(resolvedType, value) : readScalar(field, value);
}

function readField(field: protobuf.Field, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (!field.repeated) return readOne(field, value);
  if (!Array.isArray(value)) throw new TypeError(`expected a list for '${field.name}'`);
  return value.map((each) => readOne(field, each));
}

/** Converts parsed JSON to an object that protobufjs accepts. */
function readMessage(type: protobuf.Type, value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new TypeError(`expected an object for ${type.name}`);
  const message: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const member = readField(field, value[field.name]);
    if (member !== undefined) message[field.name] = member;
    else if (field.required) {
      throw new TypeError(`missing required field '${type.name}.${field.name}'`);
    }
  }
  return message;
}

function decodeJson(type: protobuf.Type, bytes: Uint8Array): protobuf.Message {
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  return type.fromObject(readMessage(type, value));
}

function codec<T extends object>(name: string): Codec<T> {
  let found: protobuf.Type | undefined;
  const messages = () => found ??= messageType(name);
  return {
    encode(message, mediaType = PROTOBUF) {
      const type = messages();
      const encodable = type.fromObject({ ...message });
      if (mediaType === PROTOBUF) return plain(type.encode(encodable).finish());
      const json = type.toObject(encodable, { enums: String, longs: Number, bytes: String });
      return new TextEncoder().encode(JSON.stringify(json));
    },
    decode(bytes, mediaType = PROTOBUF) {
      const type = messages();
      try {
        const message = mediaType === PROTOBUF
          ? type.decode(plain(bytes))
          : decodeJson(type, bytes);
        // T is generated from the schema that `type` is of.
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
