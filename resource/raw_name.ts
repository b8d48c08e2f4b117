/**
 * File names as text. Linux accepts any bytes in a name; those that are not UTF-8 appear in a
 * text as lone surrogates, one for each byte, as in Python's `surrogateescape`. Pure.
 *
 * @module
 */

import { concatenated } from "../support/bytes.ts";

/** The surrogate of byte 0; only bytes from 0x80 on are escaped. */
const ESCAPE = 0xdc00;
const ESCAPED_REGEXP = /[\udc80-\udcff]/u;
const MAX_CHARACTER_BYTES = 4;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The character that begins at a byte, if valid, and its length in bytes. */
function characterAt(bytes: Uint8Array, position: number): { text: string; length: number } {
  for (let length = 1; length <= MAX_CHARACTER_BYTES; length++) {
    const text = decoded(bytes.subarray(position, position + length));
    if (text !== undefined) return { text, length };
  }
  return { text: String.fromCharCode(ESCAPE + (bytes[position] ?? 0)), length: 1 };
}

/** Decodes the bytes of a name or path. */
export function decodeName(bytes: Uint8Array): string {
  const text = decoded(bytes);
  if (text !== undefined) return text;
  let escaped = "";
  for (let position = 0; position < bytes.length;) {
    const character = characterAt(bytes, position);
    escaped += character.text;
    position += character.length;
  }
  return escaped;
}

/** Encodes a name or path. */
export function encodeName(name: string): Uint8Array<ArrayBuffer> {
  if (!isRawName(name)) return utf8.encode(name);
  const parts = [...name].map((character) =>
    ESCAPED_REGEXP.test(character)
      ? Uint8Array.of(character.charCodeAt(0) - ESCAPE)
      : utf8.encode(character)
  );
  return concatenated(parts);
}

/** Whether the bytes of a name are not UTF-8. Deno can't open such a file by its name. */
export function isRawName(name: string): boolean {
  return !name.isWellFormed();
}
