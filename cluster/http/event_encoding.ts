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

export type EventType = "scheduler.Event" | "executor.Event";

/** `Resource.role` and `FrameworkInfo.role` are deprecated; Mesos omits such defaults. */
const DEPRECATED = "role";

let schema: protobuf.Root | undefined;

function fill(type: protobuf.Type, message: Record<string, unknown>): Record<string, unknown> {
  const filled = { ...message };
  for (const field of type.fieldsArray) {
    field.resolve();
    const member = filled[field.name];
    if (member === undefined) {
      if (field.options?.["default"] !== undefined && field.name !== DEPRECATED) {
        filled[field.name] = field.typeDefault;
      }
    } else if (field.resolvedType instanceof protobuf.Type) {
      const nested = field.resolvedType;
      filled[field.name] = Array.isArray(member)
        ? member.map((each) => fill(nested, each))
        : fill(nested, member as Record<string, unknown>);
    }
  }
  return filled;
}

export function encodeEvent<Event>(
  codec: Codec<Event>,
  event: Event,
  { type, mediaType }: { type: EventType; mediaType: MediaType },
): Uint8Array {
  if (mediaType !== JSON_TYPE) return encodeRecord(codec.encode(event, mediaType));
  schema ??= loadSchema();
  const filled = fill(schema.lookupType(`mesos.v1.${type}`), event as Record<string, unknown>);
  return encodeRecord(codec.encode(filled as Event, mediaType));
}
