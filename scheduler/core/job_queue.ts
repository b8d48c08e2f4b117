/**
 * The jobs that wait: a FIFO queue for each shape, the shapes in the order in which they are
 * matched. Pure. Adding, taking and removing a job is O(1), or O(log shapes) for a new shape.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import { compareShapes, type Shape, shapeKey } from "./quantities.ts";

/** Jobs of a shape that are passed over at the most, to look for one that may be taken. */
export const MAX_PASSED_OVER = 16;

/** What the queue needs to know of a job. */
export interface QueuedJob {
  /** Names the job. */
  readonly jobID: JobId;
  /** What it needs. */
  readonly shape: Shape;
}

/** The jobs of one shape, first come, first served. */
export class ShapeQueue {
  /** What these jobs need. */
  readonly shape: Shape;
  /** Since when the job at the head has been there, in milliseconds. */
  headSinceMs: number;
  /** Ids; those that were removed are skipped when they come up. */
  #waiting: (JobId | undefined)[] = [];
  #head = 0;
  readonly #members = new Set<JobId>();

  /**
   * An empty queue.
   *
   * @param shape What its jobs need.
   * @param nowMs The time.
   */
  constructor(shape: Shape, nowMs: number) {
    this.shape = shape;
    this.headSinceMs = nowMs;
  }

  /** How many jobs wait. */
  get size(): number {
    return this.#members.size;
  }

  /** Adds a job behind the others. */
  push(jobID: JobId): void {
    this.#waiting.push(jobID);
    this.#members.add(jobID);
  }

  /** Adds a job before the others: it was at the head before. */
  unshift(jobID: JobId): void {
    if (this.#head > 0) this.#waiting[--this.#head] = jobID;
    else this.#waiting.unshift(jobID);
    this.#members.add(jobID);
  }

  /** Takes the first job that is not passed over. */
  shift(nowMs: number, isPassedOver: (jobID: JobId) => boolean = () => false): JobId | undefined {
    let passedOver = 0;
    for (let index = this.#firstMember(); index < this.#waiting.length; index++) {
      const jobID = this.#waiting[index];
      if (jobID === undefined || !this.#members.has(jobID)) continue;
      if (isPassedOver(jobID)) {
        if (++passedOver >= MAX_PASSED_OVER) return undefined;
        continue;
      }
      this.#waiting[index] = undefined;
      this.#members.delete(jobID);
      if (passedOver === 0) this.headSinceMs = nowMs;
      return jobID;
    }
    return undefined;
  }

  /** Where the first job is, with the slots before it dropped. */
  #firstMember(): number {
    for (; this.#head < this.#waiting.length; this.#head++) {
      const jobID = this.#waiting[this.#head];
      if (jobID !== undefined && this.#members.has(jobID)) break;
      this.#waiting[this.#head] = undefined;
    }
    this.#compact();
    return this.#head;
  }

  /** Removes a job, wherever it is; false when it is not there. */
  delete(jobID: JobId): boolean {
    return this.#members.delete(jobID);
  }

  /** Drops the slots in front of the head once they are most of the array. */
  #compact(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#head);
    this.#head = 0;
  }
}

/** The index in a list that is in the order of matching, behind all shapes that are matched before
 * this one, or are equal to it. */
export function positionOf(shape: Shape, ordered: readonly ShapeQueue[]): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = ordered[middle];
    if (other && compareShapes(other.shape, shape) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All jobs that wait. */
export class JobQueue {
  readonly #byShape = new Map<string, ShapeQueue>();
  #ordered: ShapeQueue[] = [];
  /** Whether a snapshot of the ordered shapes may be in use: the next change makes a copy. */
  #isShared = false;
  #size = 0;

  /** How many jobs wait. */
  get size(): number {
    return this.#size;
  }

  /** The shapes that wait, most expensive first. A snapshot: it may be taken from while iterated. */
  shapes(): readonly ShapeQueue[] {
    this.#isShared = true;
    return this.#ordered;
  }

  /** Adds a job behind those of its shape; true when no other of its shape was waiting. */
  push(job: QueuedJob, nowMs: number): boolean {
    const queue = this.#queueOf(job.shape, nowMs);
    queue.push(job.jobID);
    this.#size++;
    return queue.size === 1;
  }

  /** Adds a job before those of its shape. */
  unshift(job: QueuedJob, nowMs: number): void {
    this.#queueOf(job.shape, nowMs).unshift(job.jobID);
    this.#size++;
  }

  /** Takes the next job of a shape that is not passed over. */
  shift(
    queue: ShapeQueue,
    nowMs: number,
    isPassedOver?: (jobID: JobId) => boolean,
  ): JobId | undefined {
    const jobID = queue.shift(nowMs, isPassedOver);
    if (jobID !== undefined) this.#removed(queue);
    return jobID;
  }

  /** Removes a job; false when it does not wait. */
  delete(job: QueuedJob): boolean {
    const queue = this.#byShape.get(shapeKey(job.shape));
    if (!queue?.delete(job.jobID)) return false;
    this.#removed(queue);
    return true;
  }

  #queueOf(shape: Shape, nowMs: number): ShapeQueue {
    const key = shapeKey(shape);
    const existing = this.#byShape.get(key);
    if (existing) return existing;
    const queue = new ShapeQueue(shape, nowMs);
    this.#byShape.set(key, queue);
    this.#own().splice(positionOf(shape, this.#ordered), 0, queue);
    return queue;
  }

  #own(): ShapeQueue[] {
    if (this.#isShared) this.#ordered = [...this.#ordered];
    this.#isShared = false;
    return this.#ordered;
  }

  #removed(queue: ShapeQueue): void {
    this.#size--;
    if (queue.size > 0) return;
    this.#byShape.delete(shapeKey(queue.shape));
    this.#own().splice(positionOf(queue.shape, this.#ordered) - 1, 1);
  }
}
