/**
 * The end of strays: processes that left the group of a command that is over.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";
import { killFamily } from "./kill_family.ts";
import type { ProcessScanner } from "./process_scanner.ts";
import { isAlive, type ProcessEntry } from "./process_table.ts";

const log = getLogger("process");

/** For so long ends are gathered: short commands must not cost a look at /proc each. */
const MIN_GATHER_MS = 200;

/** Strays are not left alone for longer, however many processes there are to look through. */
const MAX_GATHER_MS = 5_000;

/** The time between sweeps is so many times that of one. */
const REST_FACTOR = 20;

/** For how long ends are gathered after a sweep that took so long, in milliseconds. */
export function gatherMs(sweepMs: number): number {
  return Math.min(MAX_GATHER_MS, Math.max(MIN_GATHER_MS, sweepMs * REST_FACTOR));
}

/** What is known of a group whose leader was waited for. */
export interface EndedGroup {
  /** Its mark. */
  readonly mark: string;
  /** The id of its session: if a process has this id now, it is another session's. */
  readonly pid: number;
}

/** Looks for the strays of many ended groups at once and kills them. Must be closed. */
export class StraySweeper {
  readonly #scanner: ProcessScanner;
  readonly #unclaimed: () => readonly ProcessEntry[];
  #groups: EndedGroup[] = [];
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #lastSweepMs = 0;
  #isClosed = false;

  /**
   * Has nothing to do yet.
   *
   * @param scanner How processes are found.
   * @param unclaimed Processes that no running group can have started.
   */
  constructor(scanner: ProcessScanner, unclaimed: () => readonly ProcessEntry[]) {
    this.#scanner = scanner;
    this.#unclaimed = unclaimed;
  }

  /** A group has ended: what still carries its mark, or is of its session, is killed soon. */
  add(group: EndedGroup): void {
    if (this.#isClosed) return;
    this.#groups.push(group);
    this.#gathering ??= setTimeout(() => {
      this.#sweeping = this.#sweeping.then(() => this.#sweep());
    }, gatherMs(this.#lastSweepMs));
  }

  /** Takes no more, forgets what it has not begun with, and settles when it rests. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#gathering);
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const groups = this.#groups;
    this.#groups = [];
    this.#gathering = undefined;
    const startedMs = performance.now();
    try {
      const marks = groups.map(({ mark }) => mark);
      const sessionIds = groups.map(({ pid }) => pid).filter((pid) => !isAlive(pid));
      await killFamily(this.#scanner, { marks, sessionIds, known: this.#unclaimed() });
      this.#lastSweepMs = performance.now() - startedMs;
    } catch (error) {
      log.error("Cannot look for strays: {error}", { error });
    }
  }
}
