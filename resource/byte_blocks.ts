/**
 * Many small pieces of bytes in a few blocks: an array for each piece would take several times the
 * memory. Pure.
 *
 * @module
 */

/** Bytes of a block. */
const BLOCK_BYTES = 64 * 1024;

/** Bytes in the order in which they were added. */
export class ByteBlocks {
  #full: Uint8Array<ArrayBuffer>[] = [];
  #last = new Uint8Array(BLOCK_BYTES);
  #used = 0;

  /** Copies a piece to the end. */
  add(piece: Uint8Array): void {
    for (let taken = 0; taken < piece.length;) {
      const part = piece.subarray(taken, taken + BLOCK_BYTES - this.#used);
      this.#last.set(part, this.#used);
      this.#used += part.length;
      taken += part.length;
      if (this.#used === BLOCK_BYTES) this.#startBlock();
    }
  }

  /** Whether a block has been filled. */
  get hasFullBlock(): boolean {
    return this.#full.length > 0;
  }

  /** Gives the full blocks out, and forgets them. */
  takeFull(): Uint8Array<ArrayBuffer>[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Gives all out, and forgets it. */
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
