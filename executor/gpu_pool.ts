/**
 * Which GPUs of the node are whose. Pure.
 *
 * @module
 */

/** The GPUs of an agent, by their index. */
export class GpuPool {
  #size = 0;
  readonly #taken = new Set<number>();

  /** Says how many GPUs there are; none before. */
  resize(size: number): void {
    this.#size = size;
  }

  /**
   * Takes the free GPUs with the lowest indices.
   *
   * @throws {RangeError} when there are not so many.
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

  /** Gives back what {@linkcode acquire} gave. */
  release(indices: readonly number[]): void {
    for (const index of indices) this.#taken.delete(index);
  }
}
