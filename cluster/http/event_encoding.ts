/**
 * Encodes events as records. In JSON, Mesos writes fields with a default even when they are unset:
 * `"shell": true`, `"protocol": "IPv4"`.
 *
 * @see JSON::protobuf in 3rdparty/stout/include/stout/protobuf.hpp in Mesos
 * @module
 */

import protobuf from "protobufjs";
import { type Codec, JSON_TYPE, type MediaType } from "../../mesos/wire/codec.ts";
import { loadSchema } from "../../mesos/wire/protos/schema.ts";
import { encodeRecord } from "../../mesos/wire/recordio.ts";
import { isObject } from "../../support/json_checks.ts";

export type EventType = "scheduler.Event" | "executor.Event";

/** `Resource.role` and `FrameworkInfo.role` are deprecated; Mesos omits such defaults. */
const DEPRECATED = "role";

let schema: protobuf.Root | undefined;

function fill(type: protobuf.Type, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => fill(type, each));
  if (!isObject(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const field of type.fieldsArray) {
    field.resolve();
    const member = filled[field.name];
    if (field.resolvedType instanceof protobuf.Type) {
      if (member !== undefined) filled[field.name] = fill(field.resolvedType, member);
    } else if (field.options?.["default"] !== undefined && field.name !== DEPRECATED) {
      filled[field.name] = member ?? field.typeDefault;
    }
  }
  return filled;
}

export function encodeEvent<Event>(
  codec: Codec<Event>,
  event: Event,
  { type, mediaType }: { type: EventType; mediaType: MediaType },
): Uint8Array {
  const record = codec.encode(event, mediaType);
  if (mediaType !== JSON_TYPE) return encodeRecord(record);
  schema ??= loadSchema();
  const json: unknown = JSON.parse(new TextDecoder().decode(record));
  const filled = fill(schema.lookupType(`mesos.v1.${type}`), json);
  return encodeRecord(new TextEncoder().encode(JSON.stringify(filled)));
}
