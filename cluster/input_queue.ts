/**
 * A queue that handles one input at a time: an input that arrives while another is handled, for
 * example when a write breaks a stream, waits. Pure.
 *
 * @module
 */

export class InputQueue<Input> {
  readonly #handle: (input: Input) => void;
  readonly #waiting: Input[] = [];
  #isBusy = false;

  constructor(handle: (input: Input) => void) {
    this.#handle = handle;
  }

  /** Handles an input now, or after those already queued. */
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
