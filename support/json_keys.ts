/**
 * Detects keys that `JSON.parse` accepts silently: duplicate keys, of which the last would
 * win, and `__proto__`, which would change the object itself. Pure.
 *
 * @module
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** An object or a list that is being parsed. */
interface Level {
  /** The keys of an object so far; undefined for a list. */
  readonly keys: Set<string> | undefined;
  /** Whether the next string is a key. */
  isKey: boolean;
  /** The key of the current value. */
  key: string;
}

/** The position after the string literal that begins at a quote. */
function stringEnd(json: string, start: number): number {
  for (let position = start + 1;;) {
    const quote = json.indexOf('"', position);
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === "\\") backslashes++;
    if (quote < 0 || backslashes % 2 === 0) return quote < 0 ? json.length : quote + 1;
    position = quote + 1;
  }
}

function badKey(levels: readonly Level[], key: string): string | undefined {
  const problem = key === "__proto__"
    ? "is not a valid name"
    : levels.at(-1)?.keys?.has(key)
    ? "is given twice"
    : undefined;
  if (problem === undefined) return undefined;
  // Only now: a text may have millions of levels.
  const outer = levels.slice(0, -1).filter((level) => level.keys).map((level) => level.key);
  return `field '${[...outer, key].join(".")}': ${problem}`;
}

/**
 * Describes the first such key of a text that `JSON.parse` accepts; undefined when there is none.
 *
 * @example
 * ```ts
 * import { findBadKey } from "./json_keys.ts";
 * console.assert(findBadKey('{"a":{"b":1,"b":2}}') === "field 'a.b': is given twice");
 * ```
 */
export function findBadKey(json: string): string | undefined {
  const levels: Level[] = [];
  let level: Level | undefined;
  for (let position = 0; position < json.length; position++) {
    switch (json.charCodeAt(position)) {
      case OPENING_BRACE:
        levels.push(level = { keys: new Set(), isKey: true, key: "" });
        break;
      case OPENING_BRACKET:
        levels.push(level = { keys: undefined, isKey: false, key: "" });
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        levels.pop();
        level = levels.at(-1);
        break;
      case COMMA:
        if (level?.keys) level.isKey = true;
        break;
      case QUOTE: {
        const end = stringEnd(json, position);
        if (level?.keys && level.isKey) {
          const key = textOf(json.slice(position, end));
          const bad = badKey(levels, key);
          if (bad) return bad;
          level.keys.add(key);
          level.key = key;
          level.isKey = false;
        }
        position = end - 1;
      }
    }
  }
  return undefined;
}

/** The text of a string literal. */
function textOf(literal: string): string {
  return literal.includes("\\") ? String(JSON.parse(literal)) : literal.slice(1, -1);
}
