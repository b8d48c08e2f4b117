/**
 * Reads a file to a size that was known before, so that a growing file ends.
 *
 * @module
 */

/** How much is read at a time. */
const CHUNK_BYTES = 64 * 1024;

/** The bytes of a file, `maxBytes` of them at most. The file is open while they are read. */
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
