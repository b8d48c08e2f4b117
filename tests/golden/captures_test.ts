import { assert, assertEquals, assertGreater } from "@std/assert";
import {
  type Codec,
  executorCallCodec,
  executorEventCodec,
  JSON_TYPE,
  type MediaType,
  PROTOBUF,
  schedulerCallCodec,
  schedulerEventCodec,
} from "../../mesos/wire/codec.ts";
import { RecordIoDecoder } from "../../mesos/wire/recordio.ts";

const CAPTURES = new URL("./captures/", import.meta.url);

function read(path: string): Uint8Array {
  return Deno.readFileSync(new URL(path, CAPTURES));
}

/** JSON without the differences that carry no meaning: order of keys, empty lists. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => !(Array.isArray(member) && member.length === 0))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, comparable(member)]),
  );
}

function parse(bytes: Uint8Array): unknown {
  return comparable(JSON.parse(new TextDecoder().decode(bytes)));
}

/** Both encodings carry all that the capture says. */
function assertRoundTrip<T>(codec: Codec<T>, bytes: Uint8Array, mediaType: MediaType): void {
  const message = codec.decode(bytes, mediaType);
  if (mediaType === JSON_TYPE) {
    assertEquals(parse(codec.encode(message, JSON_TYPE)), parse(bytes));
    const throughProtobuf = codec.decode(codec.encode(message, PROTOBUF), PROTOBUF);
    assertEquals(parse(codec.encode(throughProtobuf, JSON_TYPE)), parse(bytes));
  } else {
    assertEquals(codec.decode(codec.encode(message)), message);
  }
}

const STREAMS: [string, Codec<unknown>, MediaType, number][] = [
  ["scheduler-json/stream.recordio", schedulerEventCodec as Codec<unknown>, JSON_TYPE, 34],
  [
    "scheduler-json/stream-after-failover.recordio",
    schedulerEventCodec as Codec<unknown>,
    JSON_TYPE,
    8,
  ],
  ["executor-json/stream.recordio", executorEventCodec as Codec<unknown>, JSON_TYPE, 22],
  ["scheduler-protobuf/stream-01.pb.recordio", schedulerEventCodec as Codec<unknown>, PROTOBUF, 21],
  [
    "scheduler-protobuf/stream-02-after-master-restart.pb.recordio",
    schedulerEventCodec as Codec<unknown>,
    PROTOBUF,
    13,
  ],
  ["executor-protobuf/stream-01.pb.recordio", executorEventCodec as Codec<unknown>, PROTOBUF, 9],
  [
    "executor-protobuf/stream-02-after-agent-restart.pb.recordio",
    executorEventCodec as Codec<unknown>,
    PROTOBUF,
    3,
  ],
];

for (const [path, codec, mediaType, count] of STREAMS) {
  Deno.test(`every event of ${path} decodes and encodes without loss`, () => {
    const decoder = new RecordIoDecoder();
    const records = decoder.push(read(path));
    decoder.end();
    assertEquals(records.length, count);
    for (const record of records) assertRoundTrip(codec, record, mediaType);
  });
}

for (const role of ["scheduler", "executor"] as const) {
  const codec = (role === "scheduler" ? schedulerCallCodec : executorCallCodec) as Codec<unknown>;

  Deno.test(`every ${role} call captured in JSON decodes and encodes without loss`, () => {
    const lines = new TextDecoder().decode(read(`${role}-json/calls.jsonl`)).trim().split("\n");
    assertGreater(lines.length, 10);
    for (const line of lines) {
      const { request } = JSON.parse(line) as { request: unknown };
      assertRoundTrip(codec, new TextEncoder().encode(JSON.stringify(request)), JSON_TYPE);
    }
  });

  Deno.test(`every ${role} call captured in protobuf decodes and encodes without loss`, () => {
    const folder = new URL(`${role}-protobuf/`, CAPTURES);
    const calls = [...Deno.readDirSync(folder)].filter((entry) => entry.name.startsWith("call-"));
    assert(calls.length > 5);
    for (const { name } of calls) {
      const bytes = read(`${role}-protobuf/${name}`);
      assertRoundTrip(codec, bytes, PROTOBUF);
      assertEquals(codec.encode(codec.decode(bytes)).length, bytes.length, name);
    }
  });
}
