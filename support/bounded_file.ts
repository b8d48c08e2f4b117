/**
 * Reads files that others name and that may be anything: an endless device, or a pipe that is
 * never closed.
 *
 * @module
 */

import { concatenated } from "./bytes.ts";

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
  refuseNamedPipe(path);
  using file = Deno.openSync(path);
  if (file.statSync().size > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  for (let total = 0;;) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = file.readSync(chunk);
    if (count === null) return concatenated(chunks);
    total += count;
    if (total > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk.subarray(0, count));
  }
}

/**
 * Reads a whole file, or a pipe to its end, without blocking the event loop.
 *
 * @throws {RangeError} when it holds more than the bound.
 * @throws {Error} of the file system, or for a FIFO.
 */
export async function readPathBounded(
  path: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  refuseNamedPipe(path);
  return await readStreamBounded((await Deno.open(path)).readable, maxBytes);
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
  return concatenated(chunks);
}

/** A pipe without a name, as shells make for `<(…)`, is one in /proc alone, and has a writer. */
function refuseNamedPipe(path: string): void {
  if (Deno.statSync(path).isFifo !== true) return;
  try {
    Deno.realPathSync(path);
  } catch {
    return;
  }
  throw new Error("it is a FIFO, which may have no writer; give a file");
}

function tooLarge(maxBytes: number): RangeError {
  return new RangeError(`it is larger than ${maxBytes} bytes`);
}
