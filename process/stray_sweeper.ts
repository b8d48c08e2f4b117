/**
 * The end of strays: processes that left the group of a command that is over.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";
import { killFamily } from "./kill_family.ts";
import type { ProcessScanner } from "./process_scanner.ts";

const log = getLogger("process");

/** For so long ends are gathered: short commands must not cost a look at /proc each. */
const GATHER_MS = 200;

/** Looks for the strays of many ended groups at once and kills them. Must be closed. */
export class StraySweeper {
  readonly #scanner: ProcessScanner;
  #marks: string[] = [];
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #isClosed = false;

  /**
   * Has nothing to do yet.
   *
   * @param scanner How processes are found.
   */
  constructor(scanner: ProcessScanner) {
    this.#scanner = scanner;
  }

  /** A group has ended: whatever still carries its mark is killed soon. */
  add(mark: string): void {
    if (this.#isClosed) return;
    this.#marks.push(mark);
    this.#gathering ??= setTimeout(() => {
      this.#sweeping = this.#sweeping.then(() => this.#sweep());
    }, GATHER_MS);
  }

  /** Takes no more, forgets what it has not begun with, and settles when it rests. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#gathering);
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const marks = this.#marks;
    this.#marks = [];
    this.#gathering = undefined;
    try {
      await killFamily(this.#scanner, { marks });
    } catch (error) {
      log.error("Cannot look for strays: {error}", { error });
    }
  }
}
