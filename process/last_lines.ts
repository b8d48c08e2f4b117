/**
 * The last lines of a text that may be long or not valid UTF-8. Pure.
 *
 * @module
 */

const NEWLINE = 0x0a;

/** Whether a byte starts a UTF-8 character or is invalid; continuation bytes begin with bits 10. */
function startsCharacter(byte: number): boolean {
  return (byte & 0b1100_0000) !== 0b1000_0000;
}

function lastBytes(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length <= maxBytes) return bytes;
  const start = bytes.length - maxBytes;
  const line = bytes.indexOf(NEWLINE, start - 1) + 1;
  if (line > 0 && line < bytes.length) return bytes.subarray(line);
  // A single longer line: return its end.
  const rest = bytes.subarray(start);
  return rest.subarray(Math.max(0, rest.findIndex(startsCharacter)));
}

/**
 * Returns the last whole lines that fit, as valid UTF-8; or the end of the last line if it does not
 * fit.
 *
 * @param bytes The end of the text: more than `maxBytes` if the text is longer.
 * @param maxBytes The largest size of the result in UTF-8.
 */
export function lastLines(bytes: Uint8Array, maxBytes: number): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(lastBytes(bytes, maxBytes));
  // The replacement character takes more bytes than an invalid byte.
  const encoded = new TextEncoder().encode(text);
  return encoded.length > maxBytes ? lastLines(encoded, maxBytes) : text;
}
