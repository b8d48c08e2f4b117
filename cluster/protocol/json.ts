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
  return JSON.parse(text, (_, member: unknown) => {
    if (typeof member !== "object" || member === null || !(BYTES_KEY in member)) return member;
    const base64 = member[BYTES_KEY];
    return typeof base64 === "string" ? Uint8Array.fromBase64(base64) : member;
  });
}
