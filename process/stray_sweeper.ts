/**
 * Kills orphans: processes that left the group of an ended command.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";
import { killFamily } from "./kill_family.ts";
import type { ProcessScanner } from "./process_scanner.ts";
import { isAlive, type ProcessEntry } from "./process_table.ts";

const log = getLogger("process");

/** The shortest time between scans, so that short commands do not each cause a scan of /proc. */
const MIN_GATHER_MS = 200;

/** The longest time between scans, however many processes there are. */
const MAX_GATHER_MS = 5_000;

/** The ratio between the interval of scans and the duration of a scan. */
const REST_FACTOR = 20;

/** The delay before the next scan after one that took `sweepMs`, in milliseconds. */
export function gatherMs(sweepMs: number): number {
  return Math.min(MAX_GATHER_MS, Math.max(MIN_GATHER_MS, sweepMs * REST_FACTOR));
}

/** A group whose leader has exited and was reaped. */
export interface EndedGroup {
  /** Its mark. */
  readonly mark: string;
  /** The id of its session; a process that has this id now belongs to another session. */
  readonly pid: number;
}

/** What the owner of groups knows of strays. */
export interface StraySource {
  /** Processes that no running group can have started. */
  unclaimed(): readonly ProcessEntry[];
  /** Whether any stray can exist; a scan takes much longer. */
  mayStray(): boolean;
}

/** Finds and kills the orphans of ended groups, in batches. The caller must close it. */
export class StraySweeper {
  readonly #scanner: ProcessScanner;
  readonly #strays: StraySource;
  #groups: EndedGroup[] = [];
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #lastSweepMs = 0;
  #isClosed = false;

  /**
   * Creates an idle sweeper.
   *
   * @param scanner Finds processes.
   * @param strays What the owner knows of them.
   */
  constructor(scanner: ProcessScanner, strays: StraySource) {
    this.#scanner = scanner;
    this.#strays = strays;
  }

  /** Adds an ended group: processes with its mark or session are killed soon. */
  add(group: EndedGroup): void {
    if (this.#isClosed) return;
    this.#groups.push(group);
    this.#gathering ??= setTimeout(() => {
      this.#sweeping = this.#sweeping.then(() => this.#sweep());
    }, gatherMs(this.#lastSweepMs));
  }

  /** Refuses further groups, drops the pending ones, and resolves when the current scan is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#gathering);
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const groups = this.#groups;
    this.#groups = [];
    this.#gathering = undefined;
    if (!this.#strays.mayStray()) return;
    const startedMs = performance.now();
    try {
      const marks = groups.map(({ mark }) => mark);
      const sessionIds = groups.map(({ pid }) => pid).filter((pid) => !isAlive(pid));
      await killFamily(this.#scanner, { marks, sessionIds, known: this.#strays.unclaimed() });
      this.#lastSweepMs = performance.now() - startedMs;
    } catch (error) {
      log.error("Cannot scan for orphaned processes: {error}", { error });
    }
  }
}
