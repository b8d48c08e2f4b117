/**
 * Compresses and decompresses contents of any size.
 *
 * @module
 */

import { inflateSync } from "fflate";
import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createDeflateRaw, createInflateRaw, deflateRawSync } from "node:zlib";

type Content = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The size of decompressed pieces. */
const PIECE_BYTES = 64 * 1024;

/** The smallest output buffer of zlib. */
const MIN_PIECE_BYTES = 64;

/** Compresses with DEFLATE. */
export function deflate(content: Content): AsyncGenerator<Uint8Array> {
  return through(content, createDeflateRaw({ chunkSize: PIECE_BYTES }));
}

/**
 * Decompresses DEFLATE.
 *
 * @throws {Error} when the input is invalid or truncated.
 */
export function inflate(compressed: Content): AsyncGenerator<Uint8Array> {
  return through(compressed, createInflateRaw({ chunkSize: PIECE_BYTES }));
}

/** Compresses a small content in one piece, with small tables. */
export function deflateSmall(content: Uint8Array): Uint8Array {
  const windowBits = Math.max(9, Math.min(15, Math.ceil(Math.log2(content.length + 1))));
  return deflateRawSync(content, {
    chunkSize: Math.max(MIN_PIECE_BYTES, content.length),
    windowBits,
    memLevel: Math.min(8, windowBits - 5),
  });
}

/**
 * Decompresses a small content in one piece, at most one byte beyond its size. zlib allocates 40
 * KiB for each call and releases it late.
 *
 * @throws {Error} when it is damaged.
 */
export function inflateSmall(compressed: Uint8Array, contentBytes: number): Uint8Array {
  return inflateSync(compressed, { out: new Uint8Array(contentBytes + 1) });
}

async function* through(content: Content, transform: Transform): AsyncGenerator<Uint8Array> {
  const writing = pipeline(content, transform).catch(() => {}); // the transform fails, too
  try {
    for await (const piece of transform) yield piece;
  } finally {
    transform.destroy();
    await writing;
  }
}
