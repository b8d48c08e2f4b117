/**
 * A queue with constant-time removal: `Array.shift` moves all remaining values. Pure.
 *
 * @module
 */

/** Removed values stay at the front until they are as many as the rest, and at least this many. */
const MIN_USED = 1_024;

/** First in, first out. */
export class Fifo<T> {
  #values: (T | undefined)[] = [];
  #start = 0;

  /** Whether the queue is empty. */
  get isEmpty(): boolean {
    return this.#start === this.#values.length;
  }

  /** The value that was added last; undefined if empty. */
  get last(): T | undefined {
    return this.isEmpty ? undefined : this.#values.at(-1);
  }

  /** Adds a value at the end. */
  push(value: T): void {
    this.#values.push(value);
  }

  /** Removes and returns the first value; undefined if empty. */
  shift(): T | undefined {
    if (this.isEmpty) return undefined;
    const value = this.#values[this.#start];
    this.#values[this.#start++] = undefined;
    if (this.#start >= MIN_USED && this.#start * 2 >= this.#values.length) {
      this.#values = this.#values.slice(this.#start);
      this.#start = 0;
    }
    return value;
  }
}
