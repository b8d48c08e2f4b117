/**
 * The results of clients' jobs in a file, for a scheduler that serves.
 *
 * @module
 */

import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { getLogger } from "../../support/log.ts";
import type { ResultSink } from "./result_lines.ts";

/** Results that a killed scheduler has not written yet are among the last so many. */
export const MAX_RESULTS_CAUGHT_UP = 10_000;

/** Results that wait for a reader, as of a pipe; a file takes them at once. */
export const MAX_WAITING_RESULTS = 10_000;

const log = getLogger("cli");

/** Writes the result of each job once it has ended. Must be closed. */
export class ResultLog {
  readonly #sink: ResultSink;
  readonly #unsubscribe: () => void;
  readonly #failure = Promise.withResolvers<never>();
  #pending: BatchJobResult[] = [];
  /** How many of those that wait were given up. */
  #dropped = 0;
  #written: Promise<void> = Promise.resolve();

  /**
   * Writes what has ended before, and then what ends.
   *
   * @param batchSystem Not started.
   * @param sink Leaves out the jobs that it has already; its owner closes it after the log.
   */
  constructor(batchSystem: MesosBatchSystem, sink: ResultSink) {
    this.#sink = sink;
    this.#failure.promise.catch(() => {});
    const { inspection, messageBus } = batchSystem;
    const before = inspection.lastEnded().take(MAX_RESULTS_CAUGHT_UP)
      .flatMap(({ result }) => result ? [result] : []).toArray();
    this.#write(before.reverse());
    this.#unsubscribe = messageBus.subscribe((event) => {
      if (event.type === "JOB_ENDED") this.#write([event.result]);
      if (event.type === "JOB_KILLED") {
        this.#write([inspection.job(event.jobID)?.result ?? []].flat());
      }
    });
  }

  /** Rejects when results can't be written. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /** Settles when all is written. */
  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#written;
  }

  /** Each write flushes to the disk: what ends meanwhile shares the next one. */
  #write(results: readonly BatchJobResult[]): void {
    for (const result of results) this.#pending.push(result);
    this.#dropOldest();
    this.#written = this.#written.then(() => this.#writePending())
      .catch((error) => this.#failure.reject(error));
  }

  #dropOldest(): void {
    const excess = this.#pending.length - MAX_WAITING_RESULTS;
    if (excess <= 0) return;
    this.#pending.splice(0, excess);
    if (this.#dropped === 0) {
      log.warn(
        "The results are not read: of those that wait, the last {count} are kept; read them, or " +
          "give a file as --results",
        { count: MAX_WAITING_RESULTS },
      );
    }
    this.#dropped += excess;
  }

  async #writePending(): Promise<void> {
    const results = this.#pending;
    if (results.length === 0) return;
    this.#pending = [];
    if (this.#dropped > 0) {
      log.warn("{count} results are left out: they were not read in time", {
        count: this.#dropped,
      });
    }
    this.#dropped = 0;
    await this.#sink.write(results);
  }
}
