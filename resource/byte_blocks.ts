/**
 * Stores many small byte arrays in a few blocks: an array for each would take several times the
 * memory. Pure.
 *
 * @module
 */

const BLOCK_BYTES = 64 * 1024;

/** Bytes in insertion order. */
export class ByteBlocks {
  #full: Uint8Array<ArrayBuffer>[] = [];
  #last = new Uint8Array(BLOCK_BYTES);
  #used = 0;

  /** Appends a copy of a piece. */
  add(piece: Uint8Array): void {
    for (let taken = 0; taken < piece.length;) {
      const part = piece.subarray(taken, taken + BLOCK_BYTES - this.#used);
      this.#last.set(part, this.#used);
      this.#used += part.length;
      taken += part.length;
      if (this.#used === BLOCK_BYTES) this.#startBlock();
    }
  }

  /** Whether a block is full. */
  get hasFullBlock(): boolean {
    return this.#full.length > 0;
  }

  /** Removes and returns the full blocks. */
  takeFull(): Uint8Array<ArrayBuffer>[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Removes and returns all blocks. */
  takeAll(): Uint8Array<ArrayBuffer>[] {
    const rest = this.#last.subarray(0, this.#used);
    this.#startBlock();
    const all = this.takeFull();
    all[all.length - 1] = rest;
    return rest.length > 0 ? all : all.slice(0, -1);
  }

  #startBlock(): void {
    this.#full.push(this.#last);
    this.#last = new Uint8Array(BLOCK_BYTES);
    this.#used = 0;
  }
}
