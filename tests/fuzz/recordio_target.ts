/**
 * RecordIO streams, cut into chunks in any way, against a reader that has the whole stream at once.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { RecordIoError } from "../../mesos/mesos_errors.ts";
import { encodeRecord, RecordIoDecoder } from "../../mesos/wire/recordio.ts";
import type { Chance } from "../sim/chance.ts";
import { capturedStreams } from "./corpus.ts";
import { mutateBytes } from "./mutation.ts";
import { attempt, bytesOf, type Target } from "./target.ts";

/** Below the largest records of the captures, so that the limit is met, too. */
const MAX_RECORD_BYTES = 3000;

const TOKENS = [
  "0\n",
  "5\nhello",
  "\n",
  "3000\n",
  "3001\n",
  "99999999999999999999\n",
  "00",
  "-1\n",
];

interface Reading {
  readonly records: Uint8Array[];
  /** Where the record begins that is wrong. */
  readonly failedAt: number | undefined;
}

/** What a stream holds, told by its definition. */
function readWhole(stream: Uint8Array): Reading {
  const records: Uint8Array[] = [];
  let offset = 0;
  while (offset < stream.length) {
    const header = /^(\d{1,20})\n/.exec(
      String.fromCharCode(...stream.subarray(offset, offset + 21)),
    );
    if (!header) return { records, failedAt: offset };
    const length = Number(header[1]);
    const start = offset + header[0].length;
    if (length > MAX_RECORD_BYTES || start + length > stream.length) {
      return { records, failedAt: offset };
    }
    records.push(stream.subarray(start, start + length));
    offset = start + length;
  }
  return { records, failedAt: undefined };
}

function* cut(stream: Uint8Array, chance: Chance): Generator<Uint8Array> {
  const longest = chance.pick([1, 2, 7, 100, 5000, stream.length]);
  for (let start = 0; start < stream.length;) {
    const end = start + chance.whole(0, longest);
    yield stream.subarray(start, end);
    start = end;
  }
}

function readInChunks(stream: Uint8Array, chance: Chance): Reading & { failure?: RecordIoError } {
  const decoder = new RecordIoDecoder({ maxRecordBytes: MAX_RECORD_BYTES });
  const records: Uint8Array[] = [];
  const read = attempt(RecordIoError, () => {
    for (const chunk of cut(stream, chance)) records.push(...decoder.push(chunk));
    decoder.end();
  });
  if (!("refused" in read)) return { records, failedAt: undefined };
  const failure = read.refused as RecordIoError;
  // It stays failed, with the same error, whatever comes.
  assertEquals(assertThrows(() => decoder.push(encodeRecord(bytesOf("x")))), failure);
  assertEquals(assertThrows(() => decoder.end()), failure);
  return { records, failedAt: failure.offset, failure };
}

/** Streams of records. */
export const recordioTarget: Target = {
  name: "recordio",
  iterations: 2000,
  seeds: () => [
    ...capturedStreams("scheduler-protobuf").map((stream) => stream.subarray(0, 6000)),
    ...capturedStreams("executor-json").map((stream) => stream.subarray(0, 6000)),
    // The largest record, and one that is larger.
    encodeRecord(new Uint8Array(MAX_RECORD_BYTES)),
    encodeRecord(new Uint8Array(MAX_RECORD_BYTES + 1)),
    bytesOf("1\na2\nbc0\n0003\ndef"),
  ],
  mutate: (input, chance, others) => mutateBytes(input, chance, { tokens: TOKENS, others }),
  check(stream, chance) {
    const expected = readWhole(stream);
    const { records, failedAt, failure } = readInChunks(stream, chance);
    assertEquals(records, expected.records);
    assertEquals(failedAt, expected.failedAt);
    if (!failure) return "read to the end";
    assert(failure.message.length < 200, failure.message);
    return failure.message.replaceAll(/0x[0-9a-f]+|\d+/g, "N");
  },
};
