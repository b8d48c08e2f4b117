/**
 * A stream that may be full: written data waits without blocking anything else, be
 * it a pipe that is not read or one that does not block.
 *
 * @module
 */

/** How long to wait before a stream that does not block is tried once more. */
const RETRY_MS = 20;

/** A pipe takes this many bytes at once, or none of them (PIPE_BUF). */
const PIECE_BYTES = 4_096;

const NEWLINE = 10;

/**
 * The bytes to write next. Where standard output does not block and has too little room,
 * `Deno.stdout` does not say which part it took: that part would be written again. A pipe takes a
 * piece like this one as a whole, and none of it stays in the line buffer of `Deno.stdout`.
 */
function nextPiece(bytes: Uint8Array): Uint8Array {
  const piece = bytes.subarray(0, PIECE_BYTES);
  return piece.subarray(0, piece.lastIndexOf(NEWLINE) + 1 || piece.length);
}

/** Writes some bytes, and says how many. */
export interface ByteWriter {
  /** Resolves to how many of the bytes were written. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes texts one after the other. */
export class OutputStream {
  readonly #open: () => Promise<ByteWriter>;
  #writer: Promise<ByteWriter> | undefined;
  #last: Promise<void> = Promise.resolve();
  #pendingBytes = 0;

  /**
   * Nothing is written yet.
   *
   * @param open Opens the stream, once it is needed: that may take as long as writing.
   */
  constructor(open: () => Promise<ByteWriter>) {
    this.#open = open;
  }

  /** How much waits. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Settles when all that was written so far is out, or could not be written. */
  get idle(): Promise<void> {
    return this.#last.catch(() => {});
  }

  /** Writes a text; resolves when all of it is written. */
  write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    this.#pendingBytes += bytes.length;
    const written = this.#last.catch(() => {}).then(() => this.#writeAll(bytes));
    this.#last = written.finally(() => this.#pendingBytes -= bytes.length);
    return this.#last;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    const writer = await (this.#writer ??= this.#open());
    for (let written = 0; written < bytes.length;) {
      try {
        written += await writer.write(nextPiece(bytes.subarray(written)));
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

/** Writes all bytes before it returns, however long a stream that does not block has no room. */
export function writeAllSync(
  writer: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (let written = 0; written < bytes.length;) {
    try {
      written += writer.writeSync(nextPiece(bytes.subarray(written)));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(never, 0, 0, RETRY_MS);
    }
  }
}
