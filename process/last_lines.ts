/**
 * The end of a text that may be long and need not be text. Pure.
 *
 * @module
 */

const NEWLINE = 0x0a;

/** The first byte of a UTF-8 character, or no UTF-8 at all; the others begin with bits 10. */
function startsCharacter(byte: number): boolean {
  return (byte & 0b1100_0000) !== 0b1000_0000;
}

function lastBytes(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length <= maxBytes) return bytes;
  const start = bytes.length - maxBytes;
  const line = bytes.indexOf(NEWLINE, start - 1) + 1;
  if (line > 0 && line < bytes.length) return bytes.subarray(line);
  // One line that is longer than that: the end of it says more than nothing.
  const rest = bytes.subarray(start);
  return rest.subarray(Math.max(0, rest.findIndex(startsCharacter)));
}

/**
 * The last whole lines that fit, as valid UTF-8; the end of the last line if it alone does not fit.
 *
 * @param bytes The text's end: more than `maxBytes` of it where there is more.
 * @param maxBytes The most bytes of UTF-8 to give.
 */
export function lastLines(bytes: Uint8Array, maxBytes: number): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(lastBytes(bytes, maxBytes));
  // Bytes that are no UTF-8 take more room as the character that replaces them.
  const encoded = new TextEncoder().encode(text);
  return encoded.length > maxBytes ? lastLines(encoded, maxBytes) : text;
}
