/**
 * Inputs made of other inputs: by bytes, by what a JSON text means, by the fields of a protobuf.
 *
 * @module
 */

import { concatenated } from "../../support/bytes.ts";
import type { Chance } from "../sim/chance.ts";
import { bytesOf } from "./target.ts";

/** No mutation makes more bytes than this of an input that has less. */
const MAX_INPUT_BYTES = 64 * 1024;

const ODD_BYTES = [0, 1, 0x0a, 0x20, 0x22, 0x30, 0x39, 0x5c, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff];

/** Bytes of any value. */
export function randomBytes(chance: Chance, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => chance.whole(0, 255));
}

function slice(bytes: Uint8Array, chance: Chance, longest = bytes.length): Uint8Array {
  const start = chance.whole(0, bytes.length);
  return bytes.subarray(start, start + chance.whole(0, longest));
}

function mutateOnce(
  bytes: Uint8Array,
  chance: Chance,
  { tokens, others }: { tokens: readonly string[]; others: readonly Uint8Array[] },
): Uint8Array {
  const at = chance.whole(0, bytes.length);
  const insert = (part: Uint8Array) =>
    concatenated([bytes.subarray(0, at), part, bytes.subarray(at)]);
  switch (chance.whole(0, 8)) {
    case 0:
      return bytes.with(Math.min(at, bytes.length - 1), chance.whole(0, 255));
    case 1:
      return bytes.with(Math.min(at, bytes.length - 1), chance.pick(ODD_BYTES));
    case 2: {
      const index = Math.min(at, bytes.length - 1);
      return bytes.with(index, (bytes[index] as number) ^ (1 << chance.whole(0, 7)));
    }
    case 3:
      return concatenated([bytes.subarray(0, at), bytes.subarray(at + chance.whole(1, 16))]);
    case 4:
      return insert(randomBytes(chance, chance.whole(1, 8)));
    case 5:
      return insert(slice(bytes, chance, 64));
    case 6:
      return bytes.subarray(0, at);
    case 7:
      return tokens.length > 0 ? insert(bytesOf(chance.pick(tokens))) : insert(bytes);
    default:
      return concatenated([bytes.subarray(0, at), slice(chance.pick(others), chance)]);
  }
}

/** Changes a few bytes; knows nothing of what they mean. */
export function mutateBytes(
  input: Uint8Array,
  chance: Chance,
  { tokens = [], others }: { tokens?: readonly string[]; others: readonly Uint8Array[] },
): Uint8Array {
  let bytes = input;
  for (let left = chance.whole(1, 4); left > 0; left--) {
    if (bytes.length === 0) bytes = randomBytes(chance, chance.whole(1, 16));
    bytes = mutateOnce(bytes, chance, { tokens, others });
  }
  return bytes.length > input.length ? bytes.slice(0, MAX_INPUT_BYTES) : bytes.slice();
}

/** What nobody expects where something else was. JSON of 1e999 reads as Infinity. */
const ODD_JSON = [
  "null",
  "true",
  "0",
  "-1",
  "0.5",
  "1e999",
  "-1e999",
  "9007199254740993",
  "18446744073709551616",
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"1e999"',
  '"__proto__"',
  '".."',
  '"../x"',
  '"/"',
  "[]",
  "[[]]",
  "[null]",
  "{}",
  '{"length":1000000000}',
  '{"toString":1,"valueOf":1}',
  '{"__proto__":{"polluted":true}}',
];

type Json = { [key: string]: Json } | Json[] | string | number | boolean | null;

/** Stands for a text that JSON.stringify would not write. */
const RAW_KEY = "\u0001raw";

function childKeys(value: Json): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function changeWithin(parent: Record<string, Json>, key: string, chance: Chance): void {
  const value = parent[key] as Json;
  const keys = childKeys(value);
  if (keys.length > 0 && chance.happens(0.75)) {
    return changeWithin(value as Record<string, Json>, chance.pick(keys), chance);
  }
  switch (chance.whole(0, 4)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      return;
    case 1:
      parent[`${key}${chance.pick(["", "x", "\u0000", "_"])}`] = value;
      return;
    case 2:
      parent[chance.pick(["unknown", "__proto__", "constructor", "", "0"])] = {
        [RAW_KEY]: chance.pick(ODD_JSON),
      };
      return;
    case 3:
      if (typeof value === "string") parent[key] = value.repeat(chance.whole(0, 50));
      else parent[key] = [value, value];
      return;
    default:
      parent[key] = { [RAW_KEY]: chance.pick(ODD_JSON) };
  }
}

/** Changes what a JSON text says, and leaves it JSON; undefined when it is none. */
function mutateJson(input: Uint8Array, chance: Chance): Uint8Array | undefined {
  let root: { root: Json };
  try {
    root = { root: JSON.parse(new TextDecoder().decode(input)) };
  } catch {
    return undefined;
  }
  for (let left = chance.whole(1, 3); left > 0; left--) {
    changeWithin(root, Object.keys(root)[0] ?? "root", chance);
  }
  const text = JSON.stringify(root.root ?? null);
  return bytesOf(text.replaceAll(/\{"\\u0001raw":"((?:[^"\\]|\\.)*)"\}/g, (_, quoted) => {
    return JSON.parse(`"${quoted}"`);
  }));
}

/** Changes a JSON text by meaning where it can, or by bytes. */
export function mutateText(
  input: Uint8Array,
  chance: Chance,
  others: readonly Uint8Array[],
): Uint8Array {
  const changed = chance.happens(0.7) ? mutateJson(input, chance) : undefined;
  return changed ?? mutateBytes(input, chance, { tokens: ODD_JSON, others });
}
