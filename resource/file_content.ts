/**
 * Reads a file up to a known size, so that a growing file ends.
 *
 * @module
 */

/** Bytes to read at a time. */
const CHUNK_BYTES = 64 * 1024;

/** Yields up to `maxBytes` of a file. The file is open while they are read. */
export async function* fileContent(path: string, maxBytes: number): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path);
  for (let left = maxBytes; left > 0;) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, left));
    const count = await file.read(chunk);
    if (count === null) return;
    left -= count;
    yield chunk.subarray(0, count);
  }
}
