/**
 * Reads files that others name and that may be anything: an endless device, or a pipe that is
 * never closed.
 *
 * @module
 */

/** How much is read at a time. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a whole file, or a pipe to its end.
 *
 * @throws {RangeError} when it holds more than the bound.
 * @throws {Error} of the file system, or for a FIFO: the process would wait for its writer, deaf
 * to signals.
 */
export function readFileBounded(path: string, maxBytes: number): Uint8Array<ArrayBuffer> {
  if (isNamedPipe(path)) throw new Error("it is a FIFO, which may have no writer; give a file");
  using file = Deno.openSync(path);
  if (file.statSync().size > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  for (let total = 0;;) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = file.readSync(chunk);
    if (count === null) return concatenated(chunks, total);
    total += count;
    if (total > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk.subarray(0, count));
  }
}

/**
 * Reads a stream to its end.
 *
 * @throws {RangeError} when it holds more than the bound; the stream is cancelled then.
 */
export async function readStreamBounded(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of stream) {
    total += chunk.length;
    if (total > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return concatenated(chunks, total);
}

/** A pipe without a name, as shells make for `<(…)`, is one in /proc alone. */
function isNamedPipe(path: string): boolean {
  if (Deno.statSync(path).isFifo !== true) return false;
  try {
    return Deno.realPathSync(path) !== "";
  } catch {
    return false;
  }
}

function tooLarge(maxBytes: number): RangeError {
  return new RangeError(`it is larger than ${maxBytes} bytes`);
}

function concatenated(chunks: readonly Uint8Array[], total: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(total);
  let position = 0;
  for (const chunk of chunks) {
    all.set(chunk, position);
    position += chunk.length;
  }
  return all;
}
