/**
 * A queue that stays fast when it is long: `Array.shift` moves all that is left. Pure.
 *
 * @module
 */

/** Values that were used up stay in front until they are as many as the others. */
const MIN_USED = 1_024;

/** First in, first out. */
export class Fifo<T> {
  #values: (T | undefined)[] = [];
  #start = 0;

  /** Whether there is nothing in it. */
  get isEmpty(): boolean {
    return this.#start === this.#values.length;
  }

  /** The value that was added last; undefined where there is none. */
  get last(): T | undefined {
    return this.isEmpty ? undefined : this.#values.at(-1);
  }

  /** Adds a value at the end. */
  push(value: T): void {
    this.#values.push(value);
  }

  /** Takes the first value; undefined where there is none. */
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
