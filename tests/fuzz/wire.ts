/**
 * Protobuf messages changed field by field, without a schema, so that the lengths around what was
 * changed are right again and the change is read.
 *
 * @see https://protobuf.dev/programming-guides/encoding
 * @module
 */

import type { Chance } from "../sim/chance.ts";
import { randomBytes } from "./mutation.ts";

interface Field {
  number: number;
  wireType: number;
  /** What follows the tag; of a field with a length, without the length. */
  value: Uint8Array;
}

const VARINT = 0;
const LENGTH = 2;
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

function readVarint(bytes: Uint8Array, start: number): { value: bigint; end: number } | undefined {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return undefined;
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}

/** The fields of a message; undefined when the bytes are none. */
function parse(bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const tag = readVarint(bytes, offset);
    if (!tag || tag.value < 8n || tag.value >= 2n ** 32n) return undefined;
    const wireType = Number(tag.value & 7n);
    let start = tag.end;
    let end = start + (FIXED[wireType] ?? 0);
    if (wireType === VARINT || wireType === LENGTH) {
      const read = readVarint(bytes, start);
      if (!read) return undefined;
      if (wireType === LENGTH) start = read.end;
      end = read.end + (wireType === LENGTH ? Number(read.value) : 0);
    } else if (!(wireType in FIXED)) return undefined;
    if (end > bytes.length) return undefined;
    fields.push({ number: Number(tag.value >> 3n), wireType, value: bytes.subarray(start, end) });
    offset = end;
  }
  return fields;
}

function format(fields: readonly Field[]): Uint8Array {
  return new Uint8Array(fields.flatMap(({ number, wireType, value }) => [
    ...varint(BigInt(number) << 3n | BigInt(wireType)),
    ...(wireType === LENGTH ? varint(BigInt(value.length)) : []),
    ...value,
  ]));
}

const ODD_NUMBERS = [0n, 1n, 2n, 99n, 0x7fffffffn, 0xffffffffn, 2n ** 53n + 1n, 2n ** 63n, -1n];
const ODD_DOUBLES = [0, -0, -1, NaN, Infinity, -Infinity, 1e308, 5e-324, 3.9999999, 2 ** 60];

/** Texts that are read as something, and some that are no UTF-8. */
const ODD_TEXTS = ["", "*", "1e999", "-1", "Infinity", "0x10", "{}", "1-1", "__proto__", "\0", "ü"];

function oddValue(wireType: number, chance: Chance): Uint8Array {
  if (wireType === VARINT) return new Uint8Array(varint(chance.pick(ODD_NUMBERS)));
  if (wireType === 1) {
    return new Uint8Array(new Float64Array([chance.pick(ODD_DOUBLES)]).buffer);
  }
  if (wireType === LENGTH && chance.happens(0.7)) {
    return new TextEncoder().encode(chance.pick(ODD_TEXTS));
  }
  return randomBytes(chance, FIXED[wireType] ?? chance.whole(0, 12));
}

function changeOne(fields: Field[], chance: Chance): void {
  const index = chance.whole(0, fields.length - 1);
  const field = fields[index] as Field;
  const nested = field.wireType === LENGTH && field.value.length > 0
    ? parse(field.value)
    : undefined;
  if (nested && chance.happens(0.75)) {
    changeOne(nested, chance);
    field.value = format(nested);
    return;
  }
  switch (chance.whole(0, 5)) {
    case 0:
      fields.splice(index, 1);
      return;
    case 1:
      fields.push(field);
      return;
    case 2: {
      // A field that a newer Mesos might send.
      const wireType = chance.pick([VARINT, 1, LENGTH, 5]);
      fields.push({ number: chance.whole(1, 600), wireType, value: oddValue(wireType, chance) });
      return;
    }
    case 3:
      field.number = chance.whole(1, 30);
      return;
    default:
      field.value = oddValue(field.wireType, chance);
  }
}

/** Changes fields of a message at any depth; undefined when the bytes are none. */
export function mutateFields(input: Uint8Array, chance: Chance): Uint8Array | undefined {
  const fields = parse(input);
  if (!fields || fields.length === 0) return undefined;
  for (let left = chance.whole(1, 3); left > 0 && fields.length > 0; left--) {
    changeOne(fields, chance);
  }
  return format(fields);
}
