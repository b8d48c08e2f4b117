/**
 * Inputs one after the other: one that comes while another is handled, as when a stream breaks
 * while it is written to, waits for its turn. Pure.
 *
 * @module
 */

/** Handles inputs in the order in which they come. */
export class InputQueue<Input> {
  readonly #handle: (input: Input) => void;
  readonly #waiting: Input[] = [];
  #isBusy = false;

  constructor(handle: (input: Input) => void) {
    this.#handle = handle;
  }

  /** Handles an input, now or after those that came before. */
  push(input: Input): void {
    this.#waiting.push(input);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#handle(next);
    } finally {
      this.#isBusy = false;
    }
  }
}
