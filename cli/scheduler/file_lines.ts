/**
 * Reads the lines of a file one by one: one of a million results is larger than a string can be.
 *
 * @module
 */

const CHUNK_BYTES = 1024 * 1024;

/** What is kept of a line; no result is longer. */
const MAX_KEPT_LINE_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;

/** A line. */
export interface FileLine {
  /** Without its newline. */
  readonly text: string;
  /** Where the next one begins. */
  readonly end: number;
  /** Whether it ends with a newline: another process may have been killed while it wrote. */
  readonly isWhole: boolean;
}

/**
 * The lines of a file, in their order.
 *
 * @throws {Error} of the file system.
 */
export function* readLines(path: string): Generator<FileLine, void, void> {
  using file = Deno.openSync(path);
  const chunk = new Uint8Array(CHUNK_BYTES);
  const line = new LineBuffer();
  let position = 0;
  for (let read = file.readSync(chunk); read; read = file.readSync(chunk)) {
    for (let start = 0; start < read;) {
      const newline = chunk.subarray(0, read).indexOf(NEWLINE, start);
      const end = newline < 0 ? read : newline;
      line.add(chunk.subarray(start, end));
      start = end + 1;
      if (newline >= 0) yield { text: line.take(), end: position + start, isWhole: true };
    }
    position += read;
  }
  if (!line.isEmpty) yield { text: line.take(), end: position, isWhole: false };
}

/** The bytes of a line that may come in pieces. */
class LineBuffer {
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  add(piece: Uint8Array): void {
    const kept = piece.slice(0, MAX_KEPT_LINE_BYTES - this.#bytes);
    this.#pieces.push(kept);
    this.#bytes += kept.length;
  }

  take(): string {
    const decoder = new TextDecoder();
    const texts = this.#pieces.map((piece) => decoder.decode(piece, { stream: true }));
    this.#pieces = [];
    this.#bytes = 0;
    return texts.join("") + decoder.decode();
  }
}
