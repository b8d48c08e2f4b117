/**
 * Shares one scan of /proc among concurrent callers.
 *
 * @module
 */

import { type ProcessEntry, readProcessTable } from "./process_table.ts";

/** Scans the process table; calls during a scan share the next one. */
export class ProcessScanner {
  #reading: Promise<unknown> | undefined;
  #next: Promise<ProcessEntry[]> | undefined;

  /** The living processes, read after the call. */
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
