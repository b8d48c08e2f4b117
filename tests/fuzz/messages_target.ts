/**
 * Bodies in both encodings: a message of the type that TypeScript is told, or a MessageDecodeError.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import protobuf from "protobufjs";
import {
  type Codec,
  executorCallCodec,
  executorEventCodec,
  JSON_TYPE,
  PROTOBUF,
  schedulerCallCodec,
  schedulerEventCodec,
} from "../../mesos/wire/codec.ts";
import { MessageDecodeError } from "../../mesos/mesos_errors.ts";
import { loadSchema } from "../../mesos/wire/protos/schema.ts";
import { capturedCalls, capturedEvents } from "./corpus.ts";
import { mutateBytes, mutateText } from "./mutation.ts";
import { attempt, type Target } from "./target.ts";
import { mutateFields } from "./wire.ts";

const schema = loadSchema();

const CODECS: Readonly<Record<string, Codec<unknown>>> = {
  "scheduler.Call": schedulerCallCodec as Codec<unknown>,
  "scheduler.Event": schedulerEventCodec as Codec<unknown>,
  "executor.Call": executorCallCodec as Codec<unknown>,
  "executor.Event": executorEventCodec as Codec<unknown>,
};

/** No error of a decoder may repeat the body: that can hold environments. */
const MAX_MESSAGE_LENGTH = 300;

function scalarConforms(type: string, value: unknown): boolean {
  if (type === "string") return typeof value === "string";
  if (type === "bytes") return value instanceof Uint8Array;
  if (type === "bool") return typeof value === "boolean";
  return typeof value === "number" && (type === "double" || Number.isInteger(value));
}

/** Whether a decoded value is what `messages.ts` says. */
function assertConforms(type: protobuf.Type, value: unknown, path: string): void {
  assert(typeof value === "object" && value !== null && !Array.isArray(value), path);
  const fields = Object.keys(value).map((name) => {
    const field = type.fields[name];
    assert(field, `${path}.${name} is not in the schema`);
    return field;
  });
  for (const { name, required } of type.fieldsArray) {
    // An enum's value that we don't know is absent, required or not.
    const isEnum = type.fields[name]?.resolvedType instanceof protobuf.Enum;
    assert(!required || isEnum || name in value, `${path}.${name} is missing`);
  }
  for (const field of fields) {
    const member = (value as Record<string, unknown>)[field.name];
    assertEquals(Array.isArray(member), field.repeated, `${path}.${field.name}`);
    for (const each of (field.repeated ? member : [member]) as unknown[]) {
      const where = `${path}.${field.name}: ${typeof each}`;
      const { resolvedType } = field;
      if (resolvedType instanceof protobuf.Type) assertConforms(resolvedType, each, where);
      else if (resolvedType) assert((each as string) in resolvedType.values, where);
      else assert(scalarConforms(field.type, each), where);
    }
  }
}

/** Numbers that JSON can't say are null there, and then absent. */
function hasOddNumber(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return typeof value === "object" && value !== null && Object.values(value).some(hasOddNumber);
}

function check(name: string, mediaType: typeof PROTOBUF | typeof JSON_TYPE) {
  const codec = CODECS[name] as Codec<unknown>;
  return (bytes: Uint8Array): string => {
    const read = attempt(MessageDecodeError, () => codec.decode(bytes, mediaType));
    if ("refused" in read) {
      assert(read.refused.message.length < MAX_MESSAGE_LENGTH, read.refused.message);
      return "refused";
    }
    const message = read.value;
    assertConforms(schema.lookupType(`mesos.v1.${name}`), message, name);
    const again = codec.decode(codec.encode(message, mediaType), mediaType);
    assertEquals(again, message);
    const other = mediaType === JSON_TYPE ? PROTOBUF : JSON_TYPE;
    if (!hasOddNumber(message)) {
      assertEquals(codec.decode(codec.encode(message, other), other), message);
    }
    return Object.keys(message as object).length > 0 ? "decoded" : "decoded to nothing";
  };
}

function protobufTarget(name: string, folder: string, seeds: () => Uint8Array[]): Target {
  return {
    name: folder,
    iterations: 1500,
    seeds,
    mutate: (input, chance, others) =>
      (chance.happens(0.6) ? mutateFields(input, chance) : undefined) ??
        mutateBytes(input, chance, { others }),
    check: check(name, PROTOBUF),
  };
}

function jsonTarget(name: string, folder: string, seeds: () => Uint8Array[]): Target {
  return {
    name: folder,
    iterations: 2000,
    seeds,
    mutate: mutateText,
    check: check(name, JSON_TYPE),
  };
}

/** The four messages, in both encodings. */
export const MESSAGE_TARGETS: readonly Target[] = [
  protobufTarget("scheduler.Call", "scheduler-call", () => capturedCalls("scheduler-protobuf")),
  protobufTarget("scheduler.Event", "scheduler-event", () => capturedEvents("scheduler-protobuf")),
  protobufTarget("executor.Call", "executor-call", () => capturedCalls("executor-protobuf")),
  protobufTarget("executor.Event", "executor-event", () => capturedEvents("executor-protobuf")),
  jsonTarget("scheduler.Call", "scheduler-call-json", () => capturedCalls("scheduler-json")),
  jsonTarget("scheduler.Event", "scheduler-event-json", () => capturedEvents("scheduler-json")),
  jsonTarget("executor.Call", "executor-call-json", () => capturedCalls("executor-json")),
  jsonTarget("executor.Event", "executor-event-json", () => capturedEvents("executor-json")),
];
