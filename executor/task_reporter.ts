/**
 * What is said of a task to its agent: TASK_STARTING, TASK_RUNNING, and one terminal update. Each
 * costs the master, the agent and the scheduler time, so that a very short job runs without a word,
 * and what happens to the jobs of a bundle is gathered.
 *
 * @module
 */

import {
  type BundleReport,
  encodeBundleReport,
  type EndState,
  type ReportedEnd,
  RUNS_BUNDLES,
} from "../job/bundle_report.ts";
import type { JobId } from "../job/job_id.ts";
import { encodeOutcome, type TaskOutcome } from "../job/task_outcome.ts";
import type { TaskUpdate } from "../mesos/executor.ts";
import type { TaskID, TaskState } from "../mesos/wire/messages.ts";
import type { Clock } from "../support/clock.ts";
import type { RunningDelay } from "./running_delay.ts";

/** The least time between two reports on a bundle. */
export const REPORT_INTERVAL_MS = 200;

/** Options of {@linkcode TaskReporter}. */
export interface TaskReporterOptions {
  /** The task. */
  readonly taskId: TaskID;
  /** Whether it has several jobs. */
  readonly isBundle: boolean;
  /** Sends an update; resolves once the agent has it. */
  readonly send: (update: TaskUpdate) => Promise<void>;
  /** The time. */
  readonly clock: Pick<Clock, "after">;
  /** How soon to say that a job runs. */
  readonly runningDelay: Pick<RunningDelay, "ms">;
}

/** Says what happens to one task. */
export class TaskReporter {
  readonly #options: TaskReporterOptions;
  #ended: ReportedEnd[] = [];
  #givenBack: JobId[] = [];
  #running: JobId | undefined;
  /** Whether the agent does not know yet that this job runs. */
  #isRunningNews = false;
  /** Whether someone waits for the next report. */
  #isUrgent = false;
  /** Whether the agent does not have the last report yet. */
  #isUnderWay = false;
  #cancelTimer: (() => void) | undefined;
  #isOver = false;
  #last: { state: EndState; outcome: TaskOutcome } | undefined;

  /**
   * Has said nothing yet.
   *
   * @param options The task, and how to speak.
   */
  constructor(options: TaskReporterOptions) {
    this.#options = options;
  }

  /** The task has arrived; resolves once the agent knows that. */
  starting(): Promise<void> {
    return this.#send("TASK_STARTING", { labels: RUNS_BUNDLES });
  }

  /** A job runs. */
  runs(jobID: JobId): void {
    this.#running = jobID;
    this.#isRunningNews = true;
    this.#reportWithin(this.#options.runningDelay.ms);
  }

  /** A job has ended. */
  ended(jobID: JobId, state: EndState, outcome: TaskOutcome): void {
    this.#last = { state, outcome };
    if (jobID === this.#running) {
      this.#running = undefined;
      this.#isRunningNews = false;
    }
    if (!this.#options.isBundle) return;
    this.#ended.push({ jobID, state, ...encodeOutcome(outcome) });
    if (state === "TASK_KILLED") this.#reportSoon();
    else this.#reportWithin(REPORT_INTERVAL_MS);
  }

  /** Jobs will not be begun here. */
  givenBack(jobIDs: readonly JobId[]): void {
    this.#givenBack.push(...jobIDs);
    this.#reportSoon();
  }

  /** No job is left: says the last word. */
  over(isKilled: boolean): void {
    if (this.#isOver) return;
    this.stop();
    if (this.#options.isBundle) {
      void this.#send(isKilled ? "TASK_KILLED" : "TASK_FINISHED", this.#takeReport());
    } else if (this.#last) {
      const { state, outcome } = this.#last;
      void this.#send(state, encodeOutcome(outcome));
    }
  }

  /** Says nothing more. */
  stop(): void {
    this.#isOver = true;
    this.#cancelTimer?.();
  }

  /** The task can't be run at all. */
  invalid(reason: string): void {
    this.#last = { state: "TASK_ERROR", outcome: { reason } };
    this.over(false);
  }

  #reportSoon(): void {
    this.#isUrgent = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    // What follows at once is said along with it.
    this.#reportWithin(0);
  }

  #reportWithin(ms: number): void {
    if (this.#isOver || this.#isUnderWay) return;
    this.#cancelTimer ??= this.#options.clock.after(ms, () => {
      this.#cancelTimer = undefined;
      this.#report();
    });
  }

  #report(): void {
    const isNews = this.#isRunningNews || this.#ended.length > 0 || this.#givenBack.length > 0;
    if (!isNews || this.#isOver) return;
    const { isBundle } = this.#options;
    this.#isUnderWay = true;
    const state = this.#running === undefined ? "TASK_STARTING" : "TASK_RUNNING";
    this.#send(state, isBundle ? this.#takeReport() : {}).then(() => {
      this.#isUnderWay = false;
      if (isBundle) this.#reportWithin(this.#isUrgent ? 0 : REPORT_INTERVAL_MS);
    });
    this.#isRunningNews = false;
    this.#isUrgent = false;
  }

  #takeReport(): { data: Uint8Array } {
    const report: BundleReport = {
      ended: this.#ended,
      running: this.#running,
      givenBack: this.#givenBack,
    };
    this.#ended = [];
    this.#givenBack = [];
    return { data: encodeBundleReport(report) };
  }

  #send(state: TaskState, rest: Omit<TaskUpdate, "task_id" | "state">): Promise<void> {
    const { taskId: task_id, send } = this.#options;
    return send({ task_id, state, ...rest });
  }
}
