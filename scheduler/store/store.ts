/**
 * Where the records are kept.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { EndedJobRecord, FrameworkRecord } from "../core/records.ts";
import type { Changes, StoredState } from "../core/change_log.ts";

/** Which jobs of the history to read. */
export interface HistoryQuery {
  /** Only those whose id is greater. */
  readonly after: JobId;
  /** Only those with this id or node, or with this in their name. */
  readonly search?: string | undefined;
}

/** Keeps the records of one scheduler. */
export interface Store {
  /**
   * What is kept; copies, which the caller may change.
   *
   * @param initial The framework's record where nothing is kept yet.
   * @throws {StoreError} when it can't be read.
   */
  load(initial: FrameworkRecord): StoredState;
  /**
   * Keeps changes, all or none, before it returns.
   *
   * @throws {StoreError} when that is not possible; then nothing was kept.
   */
  commit(changes: Changes): void;
  /**
   * A job of the history.
   *
   * @throws {StoreError} when it can't be read.
   */
  endedJob(jobID: JobId): EndedJobRecord | undefined;
  /**
   * Jobs of the history, the last that was done with first; read as they are taken.
   *
   * @throws {StoreError} when they can't be read.
   */
  endedJobs(): Generator<EndedJobRecord, void, void>;
  /**
   * Jobs of the history by ascending id; read as they are taken.
   *
   * @throws {StoreError} when they can't be read.
   */
  findEndedJobs(query: HistoryQuery): Generator<EndedJobRecord, void, void>;
  /** Gives up what the store holds. Idempotent. */
  close(): void;
}

/** The records can't be kept or read. */
export class StoreError extends Error {
  /** The name of this class. */
  override readonly name = "StoreError";
  /** Somebody has to do something about it first. */
  readonly retryable = false;
}
