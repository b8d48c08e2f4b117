/**
 * JSON with byte arrays, for the messages between master and agents and for checkpoints. Pure.
 *
 * @module
 */

const BYTES_KEY = "$bytes";

/** Converts a value to JSON; byte arrays within it become `{"$bytes": base64}`. */
export function toJson(value: unknown): string {
  // Not an arrow function: `this` has the original value, while the second argument of a Node
  // buffer is already JSON.
  return JSON.stringify(value, function (this: Record<string, unknown>, key, member) {
    const original = this[key];
    return original instanceof Uint8Array ? { [BYTES_KEY]: original.toBase64() } : member;
  });
}

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(toJson(value));
}

/**
 * Reads the output of {@linkcode toJson}.
 *
 * @throws {SyntaxError} when it is not valid JSON.
 */
export function fromJson(text: string): unknown {
  return restored(JSON.parse(text));
}

/** In place, and not by a reviver, which takes twice as long. */
function restored(value: unknown): unknown {
  if (!isObject(value)) return value;
  const base64 = value[BYTES_KEY];
  if (typeof base64 === "string") return Uint8Array.fromBase64(base64);
  for (const key in value) {
    const member = value[key];
    if (isObject(member)) value[key] = restored(member);
  }
  return value;
}

/** Arrays included. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
