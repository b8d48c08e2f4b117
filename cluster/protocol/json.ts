/**
 * JSON with byte arrays, for the messages between master and agents and for checkpoints. Pure.
 *
 * @module
 */

const BYTES_KEY = "$bytes";

/** Encodes a value; byte arrays within it become `{"$bytes": base64}`. */
export function encodeJson(value: unknown): Uint8Array {
  // Not an arrow function: `this` has the original value, while the second argument of a Node
  // buffer is already JSON.
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, member) {
    const original = this[key];
    return original instanceof Uint8Array ? { [BYTES_KEY]: original.toBase64() } : member;
  });
  return new TextEncoder().encode(text);
}

/**
 * Decodes the output of {@linkcode encodeJson}.
 *
 * @throws {SyntaxError} when it is not valid JSON.
 */
export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes), (_, member: unknown) => {
    if (typeof member !== "object" || member === null) return member;
    const base64 = (member as Record<string, unknown>)[BYTES_KEY];
    return typeof base64 === "string" ? Uint8Array.fromBase64(base64) : member;
  });
}
