/**
 * Texts as C functions take them. Pure, except that a vector contains its own address.
 *
 * @module
 */

const ENCODER = new TextEncoder();
const POINTER_BYTES = 8;

/**
 * A text with the NUL that ends it.
 *
 * @throws {TypeError} when it contains a NUL; the message contains no part of it.
 */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) {
    throw new TypeError("Cannot start a program: an argument or a variable contains a nul byte");
  }
  return ENCODER.encode(`${text}\0`);
}

/**
 * A vector of pointers that ends with NULL, such as `argv`, followed by the texts: it is valid as
 * long as it is referenced.
 *
 * @throws {TypeError} when one contains a NUL; the message contains no part of it.
 */
export function stringVector(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const strings = texts.map(cString);
  const pointersBytes = (texts.length + 1) * POINTER_BYTES;
  const size = strings.reduce((sum, { length }) => sum + length, pointersBytes);
  // V8 never moves the memory of a buffer, unlike that of a short array without one.
  const buffer = new ArrayBuffer(size);
  const vector = new Uint8Array(buffer);
  const pointers = new BigUint64Array(buffer, 0, texts.length + 1);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(vector));
  let offset = pointersBytes;
  for (const [index, string] of strings.entries()) {
    pointers[index] = address + BigInt(offset);
    vector.set(string, offset);
    offset += string.length;
  }
  return vector;
}
