/**
 * Texts as C functions take them. Pure, except that a vector contains its own address.
 *
 * @module
 */

const ENCODER = new TextEncoder();
const POINTER_BYTES = 8;
const NUL = 0;

/**
 * A text with the NUL that ends it.
 *
 * @throws {TypeError} when it contains a NUL; the message contains no part of it.
 */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return cStrings([text]).bytes;
}

/**
 * A vector of pointers that ends with NULL, such as `argv`, followed by the texts: it is valid as
 * long as it is referenced.
 *
 * @throws {TypeError} when one contains a NUL; the message contains no part of it.
 */
export function stringVector(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const { bytes, offsets } = cStrings(texts);
  const pointersBytes = (texts.length + 1) * POINTER_BYTES;
  // V8 never moves the memory of a buffer, unlike that of a short array without one.
  const buffer = new ArrayBuffer(pointersBytes + bytes.length);
  const vector = new Uint8Array(buffer);
  vector.set(bytes, pointersBytes);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(vector)) + BigInt(pointersBytes);
  const pointers = new BigUint64Array(buffer, 0, texts.length + 1);
  for (const [index, offset] of offsets.entries()) pointers[index] = address + BigInt(offset);
  return vector;
}

/** Texts one after another, and where each begins. */
function cStrings(texts: readonly string[]): { bytes: Uint8Array<ArrayBuffer>; offsets: number[] } {
  // One call of the encoder takes much less time than one for each text.
  const bytes = ENCODER.encode(texts.map((text) => `${text}\0`).join(""));
  const offsets: number[] = [];
  for (let offset = 0; offset < bytes.length; offset = bytes.indexOf(NUL, offset) + 1) {
    offsets.push(offset);
  }
  if (offsets.length !== texts.length) {
    throw new TypeError("Cannot start a program: an argument or a variable contains a nul byte");
  }
  return { bytes, offsets };
}
