/**
 * The progress of a run, as one line for a terminal and one for the end. Pure.
 *
 * @module
 */

import type { BatchJobExitReason } from "../../job/exit_reason.ts";
import type { JobId } from "../../job/job_id.ts";
import type { BatchSystemEvent } from "../../scheduler/core/events.ts";
import { formatDuration } from "../../support/units.ts";

/** How many jobs ended in which way. */
export type EndCounts = Readonly<Partial<Record<BatchJobExitReason, number>>>;

/** Ends as the summary counts them. */
interface Ends {
  finished: number;
  failed: number;
  lost: number;
  killed: number;
}

function tally(counts: EndCounts): Ends {
  const { FINISHED = 0, LOST = 0, KILLED = 0, ...others } = counts;
  const failed = Object.values(others).reduce((sum, count) => sum + count, 0);
  return { finished: FINISHED, failed, lost: LOST, killed: KILLED };
}

/** How many there are. */
export function total(counts: EndCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** `1 job`, `2 jobs`. */
export function countJobs(count: number): string {
  return count === 1 ? "1 job" : `${count} jobs`;
}

/** `40 jobs: 40 finished, 0 failed, 0 lost, 0 killed in 12.3 s`. */
export function formatSummary(jobs: number, counts: EndCounts, elapsedMs: number): string {
  const { finished, failed, lost, killed } = tally(counts);
  return `${
    countJobs(jobs)
  }: ${finished} finished, ${failed} failed, ${lost} lost, ${killed} killed in ` +
    formatDuration(elapsedMs);
}

/** Follows a run. */
export class Progress {
  readonly #jobs: number;
  readonly #startedMs: number;
  readonly #endedBefore: number;
  readonly #ends: Partial<Record<BatchJobExitReason, number>>;
  readonly #active = new Set<JobId>();
  #connected = true;

  /**
   * A run that starts now or resumes.
   *
   * @param jobs How many jobs there are in all.
   * @param options.ended How many have ended before.
   */
  constructor(jobs: number, { ended, nowMs }: { ended: EndCounts; nowMs: number }) {
    this.#jobs = jobs;
    this.#startedMs = nowMs;
    this.#ends = { ...ended };
    this.#endedBefore = total(ended);
  }

  /** Takes note of what happens. */
  observe(event: BatchSystemEvent): void {
    switch (event.type) {
      case "JOB_LAUNCHED":
        if (!event.isQueued) this.#active.add(event.jobID);
        return;
      case "JOB_RUNNING":
        this.#active.add(event.jobID);
        return;
      case "JOB_REQUEUED":
      case "JOB_RETRIED":
      case "JOB_GIVEN_BACK":
        this.#active.delete(event.jobID);
        return;
      case "JOB_ENDED":
        this.#active.delete(event.result.jobID);
        return;
      case "JOB_KILLED":
        this.#active.delete(event.jobID);
        this.count("KILLED");
        return;
      case "DISCONNECTED":
        this.#connected = false;
        return;
      case "REGISTERED":
      case "REREGISTERED":
        this.#connected = true;
        return;
      default:
        return;
    }
  }

  /** A job is done with. */
  count(reason: BatchJobExitReason): void {
    this.#ends[reason] = (this.#ends[reason] ?? 0) + 1;
  }

  /** `12/40 done, 1 failed, 4 running, 24 waiting, 3.1/s, 9.1 s left`. */
  line(nowMs: number): string {
    const done = total(this.#ends);
    const { failed, lost, killed } = tally(this.#ends);
    const running = this.#active.size;
    const elapsedSeconds = (nowMs - this.#startedMs) / 1000;
    const rate = elapsedSeconds > 0 ? (done - this.#endedBefore) / elapsedSeconds : 0;
    const left = this.#jobs - done;
    return [
      `${done}/${this.#jobs} done`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(lost > 0 ? [`${lost} lost`] : []),
      ...(killed > 0 ? [`${killed} killed`] : []),
      `${running} running`,
      `${Math.max(0, left - running)} waiting`,
      ...(this.#connected ? [] : ["no connection to Mesos"]),
      ...(rate > 0 ? [`${rate.toFixed(1)}/s`] : []),
      // While nothing runs, no estimate is possible.
      ...(rate > 0 && running > 0 ? [`${formatDuration(1000 * left / rate)} left`] : []),
    ].join(", ");
  }
}
