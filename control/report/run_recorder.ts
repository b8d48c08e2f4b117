/**
 * What a run has done so far, gathered from its events in bounded memory: for the page and for the
 * report.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { BatchSystemEvent } from "../../scheduler/core/events.ts";
import type { Shape } from "../../scheduler/core/quantities.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { LIVE_JOB_STATES } from "../../scheduler/inspection.ts";
import { ShapeTimes } from "./shape_times.ts";
import { Level, Tally, TimeGrid } from "./time_grid.ts";

/** Jobs that are drawn one by one: the longest. */
export const MAX_BARS = 2_000;
/** The last failures, which are listed one by one. */
export const MAX_FAILURES = 100;
/** Nodes with a line of their own; what runs on others is in the sums. */
export const MAX_RECORDED_NODES = 500;
/** Shapes with a line of their own; others share one. */
export const MAX_RECORDED_SHAPES = 100;
/** Characters of a name or message. */
export const MAX_RECORDED_CHARACTERS = 2_000;

/** The time of a job on a node. */
export interface Bar {
  /** The job, and how it ended. */
  readonly result: BatchJobResult;
  /** When its command began. */
  readonly startMs: number;
  /** When its end was known. */
  readonly endMs: number;
}

/** What runs on a node. */
export interface NodeRecord {
  /** Jobs that run there. */
  readonly running: Level;
  /** Jobs that have ended there. */
  ended: number;
  /** Those of them that failed. */
  failed: number;
  /** Wall times of the jobs that have ended there. */
  ranSeconds: number;
}

interface ActiveJob {
  readonly node: string;
  readonly times: ShapeTimes;
  readonly launchedAtMs: number;
  isRunning: boolean;
}

/** What is recorded. */
export type RecordedScheduler = Pick<MesosBatchSystem, "inspection" | "messageBus">;

/** Whether a job has ended in a way that someone should look at. */
export function isFailure({ exitReason }: Pick<BatchJobResult, "exitReason">): boolean {
  return exitReason !== "FINISHED" && exitReason !== "KILLED";
}

/** Records a run from now on. */
export class RunRecorder {
  /** The bins of all series. */
  readonly grid: TimeGrid;
  /** Jobs that wait. */
  readonly waiting: Level;
  /** Jobs whose command runs. */
  readonly running: Level;
  /** Jobs that have finished. */
  readonly finished: Tally;
  /** Jobs that have failed. */
  readonly failed: Tally;
  /** By address. */
  readonly nodes: Map<string, NodeRecord> = new Map();
  /** By what is asked for. */
  readonly shapes: Map<string, ShapeTimes> = new Map();
  readonly #scheduler: RecordedScheduler;
  readonly #now: () => number;
  readonly #unsubscribe: () => void;
  readonly #active = new Map<JobId, ActiveJob>();
  #bars: Bar[] = [];
  #failures: Bar[] = [];

  /**
   * Records from now on; jobs of an earlier process are counted as they are.
   *
   * @param scheduler What is recorded.
   * @param now Milliseconds since the Unix epoch.
   */
  constructor(scheduler: RecordedScheduler, now: () => number) {
    this.#scheduler = scheduler;
    this.#now = now;
    this.grid = new TimeGrid(now());
    this.waiting = new Level(this.grid);
    this.running = new Level(this.grid);
    this.finished = new Tally(this.grid);
    this.failed = new Tally(this.grid);
    this.#takeOver();
    this.#unsubscribe = scheduler.messageBus.subscribe((event) => this.#observe(event));
  }

  /** Records no more. */
  close(): void {
    this.#unsubscribe();
  }

  /** The time up to which it has recorded: now. */
  get nowMs(): number {
    return this.#now();
  }

  /** The longest jobs, by their start. */
  bars(): Bar[] {
    this.#cutBars();
    return this.#bars.toSorted((a, b) => a.startMs - b.startMs);
  }

  /** The last failures, the last first. */
  failures(): Bar[] {
    return this.#failures.slice(-MAX_FAILURES).reverse();
  }

  #takeOver(): void {
    const { inspection } = this.#scheduler;
    // Of those that wait, there may be a million.
    this.waiting.add(inspection.counts().waiting, this.grid.startMs);
    const states = new Set(LIVE_JOB_STATES.filter((each) => each !== "waiting"));
    for (const { jobID, state, tasks } of inspection.jobs({ states, after: 0 })) {
      const task = tasks.at(-1);
      if (task) this.#launch(jobID, { node: task.node, launchedAtMs: task.launchedAtMs });
      if (state === "running" || state === "unreachable") this.#run(jobID);
    }
  }

  #observe(event: BatchSystemEvent): void {
    switch (event.type) {
      case "JOB_ISSUED":
        return this.waiting.add(1, this.#now());
      case "JOB_LAUNCHED":
        this.waiting.add(-1, this.#now());
        return this.#launch(event.jobID, { node: event.node, launchedAtMs: this.#now() });
      case "JOB_ADOPTED":
        if (this.#active.has(event.jobID)) return;
        this.waiting.add(-1, this.#now());
        return this.#launch(event.jobID, { node: event.node, launchedAtMs: this.#now() });
      case "JOB_RUNNING":
        return this.#run(event.jobID);
      case "JOB_REQUEUED":
      case "JOB_RETRIED":
      case "JOB_GIVEN_BACK":
        this.#leave(event.jobID);
        return this.waiting.add(1, this.#now());
      case "JOB_KILLED":
        this.#leave(event.jobID);
        return;
      case "JOB_ENDED":
        return this.#end(event.result);
    }
  }

  #launch(jobID: JobId, { node, launchedAtMs }: { node: string; launchedAtMs: number }): void {
    const job = this.#scheduler.inspection.job(jobID);
    const times = this.#timesOf(job?.spec.shape);
    this.#active.set(jobID, { node, launchedAtMs, times, isRunning: false });
    if (job?.issuedAtMs !== undefined && job.attempt === 1) {
      times.wait(Math.max(0, launchedAtMs - job.issuedAtMs) / 1000);
    }
  }

  #run(jobID: JobId): void {
    const job = this.#active.get(jobID);
    if (!job || job.isRunning) return;
    job.isRunning = true;
    this.running.add(1, this.#now());
    this.#nodeOf(job.node)?.running.add(1, this.#now());
  }

  /** A job is on no node any more; gives what was known of it there. */
  #leave(jobID: JobId): ActiveJob | undefined {
    const job = this.#active.get(jobID);
    if (!job) {
      this.waiting.add(-1, this.#now());
      return undefined;
    }
    this.#active.delete(jobID);
    if (job.isRunning) {
      this.running.add(-1, this.#now());
      this.#nodeOf(job.node)?.running.add(-1, this.#now());
    }
    return job;
  }

  #end(given: BatchJobResult): void {
    const endMs = this.#now();
    const job = this.#leave(given.jobID);
    const result = {
      ...given,
      name: given.name.slice(0, MAX_RECORDED_CHARACTERS),
      message: given.message.slice(-MAX_RECORDED_CHARACTERS),
    };
    const wallTimeMs = result.wallTimeSeconds * 1000;
    const startMs = Math.max(job?.launchedAtMs ?? this.grid.startMs, endMs - wallTimeMs);
    const bar = { result, startMs, endMs };
    if (!job?.isRunning) {
      this.running.addPast(startMs, endMs);
      this.#nodeOf(result.node)?.running.addPast(startMs, endMs);
    }
    const times = job?.times ??
      this.#timesOf(this.#scheduler.inspection.job(given.jobID)?.spec.shape);
    times.end(result.exitReason, result.wallTimeSeconds);
    this.#countOnNode(result);
    if (result.exitReason === "FINISHED") this.finished.add(endMs);
    else if (isFailure(result)) this.#fail(bar);
    this.#bars.push(bar);
    // Cut rarely: each cut sorts all that is kept.
    if (this.#bars.length >= 2 * MAX_BARS) this.#cutBars();
  }

  #countOnNode(result: BatchJobResult): void {
    const node = this.#nodeOf(result.node);
    if (!node) return;
    node.ended++;
    node.ranSeconds += result.wallTimeSeconds;
    if (isFailure(result)) node.failed++;
  }

  #fail(bar: Bar): void {
    this.failed.add(bar.endMs);
    this.#failures.push(bar);
    if (this.#failures.length >= 2 * MAX_FAILURES) {
      this.#failures = this.#failures.slice(-MAX_FAILURES);
    }
  }

  #cutBars(): void {
    if (this.#bars.length <= MAX_BARS) return;
    const lengthOf = ({ startMs, endMs }: Bar) => endMs - startMs;
    this.#bars = this.#bars.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, MAX_BARS);
  }

  #nodeOf(address: string): NodeRecord | undefined {
    const known = this.nodes.get(address);
    if (known || address === "" || this.nodes.size >= MAX_RECORDED_NODES) return known;
    const node = { running: new Level(this.grid), ended: 0, failed: 0, ranSeconds: 0 };
    this.nodes.set(address, node);
    return node;
  }

  #timesOf(shape: Shape | undefined): ShapeTimes {
    const { cpusMilli, memoryBytes, diskBytes, gpus, preemptible } = shape ?? {};
    const own = [cpusMilli, memoryBytes, diskBytes, gpus, preemptible].join(" ");
    const isKnown = shape && (this.shapes.has(own) || this.shapes.size < MAX_RECORDED_SHAPES);
    const key = isKnown ? own : "";
    const times = this.shapes.get(key) ?? new ShapeTimes(isKnown ? shape : undefined);
    this.shapes.set(key, times);
    return times;
  }
}
