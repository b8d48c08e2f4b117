/**
 * Which tasks Mesos is to be asked about, and when to ask again: explicitly about each until it is
 * answered, then implicitly about all, so that tasks we do not know of come to light. Pure.
 *
 * @see docs/reconciliation.md in the Mesos documentation
 * @module
 */

import type { TaskId } from "../../mesos/ids.ts";

/** Everything is asked about at least this often. */
export const RECONCILE_INTERVAL_MS = 15 * 60_000;

/** The first wait for answers; doubled each time, up to the cap. */
export const RECONCILE_BACKOFF_MS = 2_000;

/** The longest wait for answers. */
export const RECONCILE_BACKOFF_MAX_MS = 60_000;

/** Tasks asked about in one call. */
export const RECONCILE_BATCH = 1_000;

/** What to ask: about these tasks, or, when the list is empty, about all. */
export type ReconcileQuestion = readonly TaskId[];

/** Questions asked and answers still to come. */
export class Reconciliation {
  /** Asked about, and not answered yet. */
  readonly #remaining = new Set<TaskId>();
  /** Added since the last questions: asked about at once, whatever the others wait for. */
  readonly #added = new Set<TaskId>();
  #nextMs = 0;
  #delayMs = RECONCILE_BACKOFF_MS;
  #implicitDue = false;
  #periodicMs = Infinity;

  /** Asks about all these tasks, and then about all there are. */
  start(taskIds: Iterable<TaskId>, nowMs: number): void {
    this.#remaining.clear();
    this.#added.clear();
    for (const taskId of taskIds) this.#remaining.add(taskId);
    this.#nextMs = nowMs;
    this.#delayMs = RECONCILE_BACKOFF_MS;
    this.#implicitDue = true;
    this.#periodicMs = nowMs + RECONCILE_INTERVAL_MS;
  }

  /** Asks about all tasks there are, once the others are answered. */
  askAboutAll(): void {
    this.#implicitDue = true;
  }

  /** Asks about one more task, at the next questions. */
  add(taskId: TaskId): void {
    if (!this.#remaining.has(taskId)) this.#added.add(taskId);
  }

  /** Mesos has answered, or the task is no longer of interest. */
  answered(taskId: TaskId): void {
    this.#remaining.delete(taskId);
    this.#added.delete(taskId);
  }

  /** Whether everything must be asked about again. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#periodicMs;
  }

  /** Whether a question must not wait for the next TICK. */
  get isUrgent(): boolean {
    return this.#added.size > 0;
  }

  /** The questions to ask now. */
  questions(nowMs: number): ReconcileQuestion[] {
    const added = [...this.#added];
    this.#added.clear();
    const isRepeated = this.#remaining.size > 0 && nowMs >= this.#nextMs;
    const taskIds = isRepeated ? [...this.#remaining, ...added] : added;
    if (this.#remaining.size === 0) this.#delayMs = RECONCILE_BACKOFF_MS;
    for (const taskId of added) this.#remaining.add(taskId);
    if (this.#remaining.size === 0) {
      if (!this.#implicitDue) return [];
      this.#implicitDue = false;
      return [[]];
    }
    if (isRepeated || taskIds.length === this.#remaining.size) {
      this.#nextMs = nowMs + this.#delayMs;
      this.#delayMs = Math.min(this.#delayMs * 2, RECONCILE_BACKOFF_MAX_MS);
    }
    const questions: ReconcileQuestion[] = [];
    for (let start = 0; start < taskIds.length; start += RECONCILE_BATCH) {
      questions.push(taskIds.slice(start, start + RECONCILE_BATCH));
    }
    return questions;
  }
}
