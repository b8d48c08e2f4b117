/**
 * The parts of an HTTP/1.1 message on a connection: lines of heads, and bodies.
 *
 * @module
 */

import type { Budget, ByteReader } from "./byte_reader.ts";
import { type Framing, parseChunkSize } from "./http_message.ts";

/** All heads of a message together, and its trailers. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** The line before a chunk, with its extensions. */
export const MAX_CHUNK_LINE_BYTES = 4 * 1024;

/**
 * Lines up to an empty one.
 *
 * @throws {SyntaxError} when they are longer than the budget allows.
 */
export async function readLines(reader: ByteReader, budget: Budget): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await reader.line(budget); line !== "";) {
    lines.push(line);
    line = await reader.line(budget);
  }
  return lines;
}

/**
 * The body that follows a head.
 *
 * @throws {SyntaxError} when it is malformed, or ends too early.
 */
export async function* readBody(
  reader: ByteReader,
  framing: Framing,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (framing === "chunked") yield* readChunks(reader);
  else yield* readBytes(reader, framing);
}

async function* readChunks(reader: ByteReader): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  while (true) {
    const size = parseChunkSize(await reader.line({ bytes: MAX_CHUNK_LINE_BYTES }));
    if (size === 0) break;
    yield* readBytes(reader, size);
    const end = await reader.line({ bytes: MAX_CHUNK_LINE_BYTES });
    if (end !== "") throw new SyntaxError("a chunk is longer than its size");
  }
  await readLines(reader, { bytes: MAX_HEAD_BYTES });
}

async function* readBytes(
  reader: ByteReader,
  length: number | "close",
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let left = length === "close" ? Infinity : length;
  while (left > 0) {
    const bytes = await reader.some(left);
    if (!bytes && length === "close") return;
    if (!bytes) throw new SyntaxError("the connection was closed before the end of the message");
    left -= bytes.length;
    yield bytes;
  }
}
