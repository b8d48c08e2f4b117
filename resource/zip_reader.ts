/**
 * Reads a ZIP archive in a file entry by entry, through a window. Redundant fields of the
 * archive must agree, and no two entries may overlap: other tools might see
 * different content.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { FileWindow } from "./file_window.ts";
import {
  CENTRAL_BYTES,
  centralLengths,
  END_64_BYTES,
  END_BYTES,
  findEnd,
  FLAG_ENCRYPTED,
  LOCAL_BYTES,
  localDifference,
  localLengths,
  LOCATOR_64_BYTES,
  MAX_COMMENT_BYTES,
  METHOD_DEFLATED,
  METHOD_STORED,
  parseCentralHeader,
  parseEnd64,
  parseLocator64,
  type ZipEnd,
  type ZipEntry,
} from "./zip_format.ts";
import { inflate, inflateSmall } from "./zlib_stream.ts";

/** The largest content that is read in one piece. */
export const MAX_SMALL_BYTES = 256 * 1024;

/** The size of the pieces of larger contents. */
const PIECE_BYTES = 64 * 1024;

/** An archive that is open for reading. The caller closes the file. */
export class ZipReader {
  readonly #bytes: number;
  readonly #central: FileWindow;
  readonly #local: FileWindow;
  /** Start and end of every entry that was read, alternately. */
  readonly #spans: number[] = [];
  #isSequential = true;

  /**
   * Creates a reader of a file.
   *
   * @param file Open for reading, at a position that only the reader changes.
   * @param bytes Its size.
   */
  constructor(file: Deno.FsFile, bytes: number) {
    this.#bytes = bytes;
    this.#central = new FileWindow(file, bytes);
    this.#local = new FileWindow(file, bytes);
  }

  /**
   * Yields the entries, in the order of the central directory. Read the content of one before the
   * next.
   *
   * @throws {RangeError} when the archive is damaged.
   */
  *entries(): Generator<ZipEntry> {
    const { entries, centralBytes, centralOffset } = this.#end();
    let position = centralOffset;
    const end = centralOffset + centralBytes;
    for (let i = 0; i < entries; i++) {
      const lengths = centralLengths(this.#central.at(position, CENTRAL_BYTES));
      if (!lengths) throw new RangeError("its central directory is damaged");
      const length = CENTRAL_BYTES + lengths.name + lengths.extra + lengths.comment;
      if (position + length > end) throw new RangeError("its central directory is damaged");
      yield parseCentralHeader(this.#central.at(position, length), lengths);
      position += length;
    }
    if (position !== end) throw new RangeError("its central directory is damaged");
    this.#checkOverlap();
  }

  /**
   * Reads the content of a small entry in one piece.
   *
   * @throws {RangeError} when it is damaged or contradicts the headers.
   */
  content(entry: ZipEntry): Uint8Array {
    const start = this.#contentStart(entry);
    const compressed = this.#local.at(start, entry.compressedBytes);
    const content = entry.method === METHOD_STORED
      ? compressed
      : inflateSmall(compressed, entry.contentBytes);
    checkContent(entry, { bytes: content.length, crc: crc32(content) });
    return content;
  }

  /**
   * Reads the content of an entry of any size in pieces.
   *
   * @throws {RangeError} at its end, when it is damaged or contradicts the headers.
   */
  async *stream(entry: ZipEntry): AsyncGenerator<Uint8Array> {
    let position = this.#contentStart(entry);
    const end = position + entry.compressedBytes;
    const local = this.#local;
    function* compressed(): Generator<Uint8Array> {
      while (position < end) {
        const piece = local.at(position, Math.min(PIECE_BYTES, end - position)).slice();
        position += piece.length;
        yield piece;
      }
    }
    const seen = { bytes: 0, crc: 0 };
    for await (
      const piece of entry.method === METHOD_STORED ? compressed() : inflate(compressed())
    ) {
      seen.bytes += piece.length;
      seen.crc = crc32(piece, seen.crc);
      yield piece;
    }
    checkContent(entry, seen);
  }

  #end(): ZipEnd {
    const tailBytes = Math.min(this.#bytes, END_BYTES + MAX_COMMENT_BYTES);
    const tailStart = this.#bytes - tailBytes;
    const found = findEnd(this.#central.at(tailStart, tailBytes));
    if (!found) throw new RangeError("it is not a ZIP archive, or is truncated");
    if (found.isSplit) throw new RangeError("it is one of several parts");
    const position = tailStart + found.position;
    const { end, start } = this.#end64(position) ?? { end: found, start: position };
    if (found.needs64 && end === found && found.entries !== 0xffff) {
      throw new RangeError("its 64-bit end record is missing");
    }
    if (end.centralOffset + end.centralBytes !== start) {
      throw new RangeError("it has data before or after its entries");
    }
    return end;
  }

  /** The 64-bit end record before the end record, if any. */
  #end64(endPosition: number): { end: ZipEnd; start: number } | undefined {
    const locatorStart = endPosition - LOCATOR_64_BYTES;
    if (locatorStart < END_64_BYTES) return undefined;
    const start = parseLocator64(this.#central.at(locatorStart, LOCATOR_64_BYTES));
    if (start === undefined) return undefined;
    const end = start === locatorStart - END_64_BYTES
      ? parseEnd64(this.#central.at(start, END_64_BYTES))
      : undefined;
    if (!end) throw new RangeError("its 64-bit end record is damaged");
    return { end, start };
  }

  /** Checks the local header of an entry and returns the position of its content. */
  #contentStart(entry: ZipEntry): number {
    if ((entry.flags & FLAG_ENCRYPTED) !== 0) throw new RangeError("it is encrypted");
    if (entry.method !== METHOD_STORED && entry.method !== METHOD_DEFLATED) {
      throw new RangeError(`its compression method is ${entry.method}, expected 0 or 8`);
    }
    const { offset, compressedBytes } = entry;
    const lengths = localLengths(this.#local.at(offset, LOCAL_BYTES));
    if (!lengths) throw new RangeError("its local header is missing");
    const length = LOCAL_BYTES + lengths.name + lengths.extra;
    const difference = localDifference(this.#local.at(offset, length), { lengths, entry });
    if (difference) throw new RangeError(`its two headers differ in the ${difference}`);
    this.#isSequential &&= offset >= (this.#spans.at(-1) ?? 0);
    this.#spans.push(offset, offset + length + compressedBytes);
    return offset + length;
  }

  #checkOverlap(): void {
    if (this.#isSequential) return;
    const spans = Array.from({ length: this.#spans.length / 2 }, (_, i) => i * 2)
      .map((i) => this.#spans.slice(i, i + 2))
      .sort(([a = 0], [b = 0]) => a - b);
    let end = 0;
    for (const [from = 0, to = 0] of spans) {
      if (from < end) throw new RangeError("its entries overlap");
      end = to;
    }
  }
}

function checkContent(entry: ZipEntry, { bytes, crc }: { bytes: number; crc: number }): void {
  if (bytes !== entry.contentBytes) {
    throw new RangeError(`it holds ${bytes} bytes, its header says ${entry.contentBytes}`);
  }
  if (crc !== entry.crc) throw new RangeError("its checksum is wrong");
}
