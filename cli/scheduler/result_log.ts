/**
 * The results of clients' jobs in a file, for a scheduler that serves.
 *
 * @module
 */

import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import type { ResultSink } from "./result_lines.ts";

/** Results that a killed scheduler has not written yet are among the last so many. */
export const MAX_RESULTS_CAUGHT_UP = 10_000;

/** Writes the result of each job once it has ended. Must be closed. */
export class ResultLog {
  readonly #sink: ResultSink;
  readonly #unsubscribe: () => void;
  readonly #failure = Promise.withResolvers<never>();
  #pending: BatchJobResult[] = [];
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
    const before = inspection.lastEnded(MAX_RESULTS_CAUGHT_UP).flatMap(({ result }) =>
      result ?? []
    );
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
    this.#pending.push(...results);
    this.#written = this.#written.then(() => this.#writePending())
      .catch((error) => this.#failure.reject(error));
  }

  async #writePending(): Promise<void> {
    const results = this.#pending;
    if (results.length === 0) return;
    this.#pending = [];
    await this.#sink.write(results);
  }
}
