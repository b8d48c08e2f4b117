/**
 * The assignment of a node's GPUs to jobs. Pure.
 *
 * @module
 */

/** The GPUs of an agent, by their index. */
export class GpuPool {
  #size = 0;
  readonly #taken = new Set<number>();

  /** Sets the number of GPUs, initially 0. */
  resize(size: number): void {
    this.#size = size;
  }

  /**
   * Takes the free GPUs with the lowest indices.
   *
   * @throws {RangeError} when too few are free.
   */
  acquire(count: number): number[] {
    const free = [...Array(this.#size).keys()].filter((index) => !this.#taken.has(index));
    if (free.length < count) {
      throw new RangeError(
        `Cannot give the job ${count} GPUs: ${free.length} of ${this.#size} are free`,
      );
    }
    const acquired = free.slice(0, count);
    for (const index of acquired) this.#taken.add(index);
    return acquired;
  }

  /** Releases GPUs from {@linkcode acquire}. */
  release(indices: readonly number[]): void {
    for (const index of indices) this.#taken.delete(index);
  }
}
