import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { RecordIoError } from "../mesos_errors.ts";
import { encodeRecord, RecordIoDecoder } from "./recordio.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (records: Uint8Array[]) => records.map((record) => new TextDecoder().decode(record));

/** Ways to cut the same stream into chunks. */
const CHUNKINGS: Record<string, (stream: Uint8Array) => Uint8Array[]> = {
  whole: (stream) => [stream],
  "one byte": (stream) => Array.from(stream, (_, i) => stream.subarray(i, i + 1)),
  half: (stream) => {
    const middle = stream.length >> 1;
    return [stream.subarray(0, middle), stream.subarray(middle)];
  },
};

/** Everything read until the end or the failure. */
function readAll(chunks: Uint8Array[], maxRecordBytes?: number) {
  const decoder = new RecordIoDecoder(maxRecordBytes === undefined ? {} : { maxRecordBytes });
  const records: Uint8Array[] = [];
  try {
    for (const chunk of chunks) records.push(...decoder.push(chunk));
    decoder.end();
  } catch (error) {
    assertInstanceOf(error, RecordIoError);
    return { records: texts(records), error };
  }
  return { records: texts(records), error: undefined };
}

for (const [chunking, cut] of Object.entries(CHUNKINGS)) {
  const cases: [string, string, string[], string | undefined][] = [
    ["an empty stream", "", [], undefined],
    ["a record", "5\nhello", ["hello"], undefined],
    ["several records", "1\na2\nbc3\ndef", ["a", "bc", "def"], undefined],
    ["records of no length", "0\n0\n1\nx0\n", ["", "", "x", ""], undefined],
    ["leading zeros", "0002\nhi", ["hi"], undefined],
    ["20 digits", "00000000000000000002\nhi", ["hi"], undefined],
    ["21 digits", "000000000000000000002\nhi", [], "more than 20 digits"],
    ["an empty length", "\nabc", [], "length is empty"],
    ["a letter in the length", "1\na2x\nbc", ["a"], "byte 0x78"],
    ["a sign", "-1\na", [], "byte 0x2d"],
    ["too large a record", "101\n", [], "exceeds the limit of 100"],
    ["a length beyond 2^64", "99999999999999999999\n", [], "exceeds the limit of 100"],
    ["an end within the length", "1\na1", ["a"], "ended within a record"],
    ["an end within the body", "5\nhell", [], "ended within a record"],
  ];
  for (const [name, stream, expected, reason] of cases) {
    Deno.test(`RecordIoDecoder reads ${name}, cut as ${chunking}`, () => {
      const { records, error } = readAll(cut(bytes(stream)), 100);
      assertEquals(records, expected);
      assertEquals(error?.message.includes(reason ?? "") ?? false, reason !== undefined);
    });
  }
}

Deno.test("RecordIoDecoder names the offset of the record that is wrong", () => {
  const { error } = readAll([bytes("3\nabc4\nabcdx")]);
  assertEquals(error?.offset, 11);
});

Deno.test("RecordIoDecoder stays failed", () => {
  const decoder = new RecordIoDecoder();
  assertThrows(() => decoder.push(bytes("x")), RecordIoError);
  assertThrows(() => decoder.push(bytes("1\na")), RecordIoError);
  assertThrows(() => decoder.end(), RecordIoError);
});

Deno.test("RecordIoDecoder stays failed after an end within a record", () => {
  const decoder = new RecordIoDecoder();
  decoder.push(bytes("3\nab"));
  const failure = assertThrows(() => decoder.end(), RecordIoError);
  assertEquals(assertThrows(() => decoder.push(bytes("c"))), failure);
});

Deno.test("RecordIoDecoder gives what was complete before it fails", () => {
  const decoder = new RecordIoDecoder();
  assertEquals(texts(decoder.push(bytes("1\na?"))), ["a"]);
  assertThrows(() => decoder.push(new Uint8Array(0)), RecordIoError);
});

Deno.test("encodeRecord() is what RecordIoDecoder reads, however it is cut", () => {
  fc.assert(fc.property(
    fc.array(fc.uint8Array({ maxLength: 300 })),
    fc.array(fc.nat({ max: 400 })),
    (records, cuts) => {
      const stream = new Uint8Array(records.flatMap((record) => [...encodeRecord(record)]));
      const chunks: Uint8Array[] = [];
      let start = 0;
      for (const size of cuts) {
        chunks.push(stream.subarray(start, start + size));
        start += size;
      }
      chunks.push(stream.subarray(start));
      const decoder = new RecordIoDecoder();
      assertEquals(chunks.flatMap((chunk) => decoder.push(chunk)), records);
      decoder.end();
    },
  ));
});
