/**
 * A buffered window on a file that is read mostly sequentially.
 *
 * @module
 */

/** How much is read ahead. */
const AHEAD_BYTES = 256 * 1024;

/** Reads any part of a file; adjacent parts are read together. */
export class FileWindow {
  readonly #file: Deno.FsFile;
  readonly #size: number;
  #buffer = new Uint8Array(AHEAD_BYTES);
  #start = 0;
  #length = 0;

  /**
   * Reads from the file.
   *
   * @param file Open for reading.
   * @param size Its size in bytes.
   */
  constructor(file: Deno.FsFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /**
   * Returns bytes at a position, valid until the next call.
   *
   * @throws {RangeError} when the file ends before.
   */
  at(position: number, length: number): Uint8Array {
    if (!(position >= 0 && position + length <= this.#size)) {
      throw new RangeError("it is truncated");
    }
    if (position < this.#start || position + length > this.#start + this.#length) {
      this.#read(position, length);
    }
    return this.#buffer.subarray(position - this.#start, position - this.#start + length);
  }

  #read(position: number, length: number): void {
    const wanted = Math.min(this.#size - position, Math.max(length, AHEAD_BYTES));
    if (wanted > this.#buffer.length) this.#buffer = new Uint8Array(wanted);
    this.#file.seekSync(position, Deno.SeekMode.Start);
    this.#start = position;
    this.#length = 0;
    while (this.#length < wanted) {
      const count = this.#file.readSync(this.#buffer.subarray(this.#length, wanted));
      if (count === null) break;
      this.#length += count;
    }
    if (this.#length < length) throw new RangeError("it is truncated");
  }
}
