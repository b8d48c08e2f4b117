/**
 * One reading of /proc for all who ask at the same time.
 *
 * @module
 */

import { type ProcessEntry, readProcessTable } from "./process_table.ts";

/** Reads the process table; those who ask while it is being read share the next reading. */
export class ProcessScanner {
  #reading: Promise<unknown> | undefined;
  #next: Promise<ProcessEntry[]> | undefined;

  /** The living processes; nothing in it is older than the call. */
  scan(): Promise<ProcessEntry[]> {
    return this.#next ??= this.#scanNext();
  }

  async #scanNext(): Promise<ProcessEntry[]> {
    await this.#reading;
    this.#next = undefined;
    const reading = readProcessTable();
    this.#reading = reading.catch(() => {});
    return await reading;
  }
}
