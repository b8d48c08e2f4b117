/**
 * A stream that may be full: written data waits without blocking anything else, be
 * it a pipe that is not read or one that does not block.
 *
 * @module
 */

/** How long to wait before a stream that does not block is tried once more. */
const RETRY_MS = 20;

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
        written += await writer.write(bytes.subarray(written));
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
