/**
 * What a scheduler has done and is doing, in the text format of Prometheus.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { MesosBatchSystem } from "../scheduler/batch_system.ts";
import type { BatchSystemEvent } from "../scheduler/core/events.ts";
import { JOB_STATES } from "../scheduler/inspection.ts";

const PREFIX = "toil_mesos_";

/** The type of an answer. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const WALL_TIME_BUCKETS = [0.1, 1, 10, 60, 600, 3_600, 36_000];
const WAIT_BUCKETS = [0.05, 0.5, 5, 60, 600, 3_600, 36_000];

/** What is measured. */
export interface MetricsOptions {
  /** Tells what happens. */
  readonly scheduler: Pick<MesosBatchSystem, "inspection" | "messageBus" | "updates">;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Of this program. */
  readonly version: string;
}

type Labels = Readonly<Record<string, string>>;

/** Counts by label values. */
class Counter {
  readonly #counts = new Map<string, number>();

  add(labels: Labels = {}): void {
    const key = labelText(labels);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  lines(name: string): string[] {
    const counts = this.#counts.size === 0 ? [["", 0] as const] : [...this.#counts];
    return counts.map(([labels, count]) => `${name}${labels} ${count}`);
  }
}

/** Counts values below bounds. */
class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count++;
    for (const [i, bound] of this.#bounds.entries()) {
      if (value <= bound) this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    }
  }

  lines(name: string): string[] {
    return [
      ...this.#bounds.map((bound, i) => `${name}_bucket{le="${bound}"} ${this.#counts[i]}`),
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_sum ${this.#sum}`,
      `${name}_count ${this.#count}`,
    ];
  }
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
    return `${name}="${escaped}"`;
  });
  return entries.length === 0 ? "" : `{${entries.join(",")}}`;
}

/** Measures a scheduler from now on. */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #startedAtMs: number;
  readonly #unsubscribe: () => void;
  readonly #issued = new Counter();
  readonly #launched = new Counter();
  readonly #requeued = new Counter();
  readonly #ended = new Counter();
  readonly #killed = new Counter();
  readonly #disconnected = new Counter();
  readonly #nodesLost = new Counter();
  readonly #wallTime = new Histogram(WALL_TIME_BUCKETS);
  readonly #wait = new Histogram(WAIT_BUCKETS);

  /**
   * Counts from 0.
   *
   * @param options What is measured.
   */
  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#startedAtMs = options.now();
    this.#unsubscribe = options.scheduler.messageBus.subscribe((event) => this.#observe(event));
  }

  /** Counts no more. */
  close(): void {
    this.#unsubscribe();
  }

  /** All metrics as text. */
  text(): string {
    return [...this.#counters(), ...this.#gauges()].map((line) => `${line}\n`).join("");
  }

  #observe(event: BatchSystemEvent): void {
    switch (event.type) {
      case "JOB_ISSUED":
        return this.#issued.add();
      case "JOB_LAUNCHED":
        this.#launched.add();
        return this.#observeWait(event.jobID);
      case "JOB_REQUEUED":
        return this.#requeued.add();
      case "JOB_ENDED":
        this.#ended.add({ reason: event.result.exitReason });
        return this.#wallTime.observe(event.result.wallTimeSeconds);
      case "JOB_KILLED":
        return this.#killed.add({ confirmed: String(event.confirmed) });
      case "DISCONNECTED":
        return this.#disconnected.add();
      case "NODE_LOST":
        return this.#nodesLost.add();
    }
  }

  #observeWait(jobID: JobId): void {
    const job = this.#options.scheduler.inspection.job(jobID);
    if (job?.issuedAtMs === undefined || job.attempt !== 1) return;
    this.#wait.observe(Math.max(0, this.#options.now() - job.issuedAtMs) / 1000);
  }

  *#counters(): Generator<string> {
    const counters: [string, string, Counter][] = [
      ["jobs_issued_total", "Jobs taken in.", this.#issued],
      ["job_launches_total", "Attempts at jobs that were sent to Mesos.", this.#launched],
      [
        "job_requeues_total",
        "Attempts that came to nothing, so that their job waits again.",
        this.#requeued,
      ],
      ["jobs_ended_total", "Jobs that have ended by themselves, by the reason.", this.#ended],
      ["jobs_killed_total", "Jobs that have ended by a kill.", this.#killed],
      ["mesos_disconnects_total", "Connections to the master that broke.", this.#disconnected],
      ["nodes_lost_total", "Nodes that Mesos has removed.", this.#nodesLost],
    ];
    for (const [name, help, counter] of counters) {
      yield* metric(name, { help, type: "counter", lines: (full) => counter.lines(full) });
    }
    yield* metric("job_wall_time_seconds", {
      help: "How long jobs ran, measured on the node.",
      type: "histogram",
      lines: (full) => this.#wallTime.lines(full),
    });
    yield* metric("job_wait_seconds", {
      help: "How long jobs waited for their first launch.",
      type: "histogram",
      lines: (full) => this.#wait.lines(full),
    });
  }

  *#gauges(): Generator<string> {
    const { scheduler: { inspection, updates }, version } = this.#options;
    const counts = inspection.counts();
    const nodes = inspection.nodes({});
    yield* metric("jobs", {
      help: "Jobs by what they are doing; ended: all since the state was new.",
      type: "gauge",
      lines: (full) => JOB_STATES.map((state) => `${full}{state="${state}"} ${counts[state]}`),
    });
    const total = (of: (node: typeof nodes[number]) => number) =>
      nodes.reduce((sum, node) => sum + of(node), 0);
    const gauges: [string, string, number][] = [
      ["connected", "1 while there is a connection to Mesos.", Number(inspection.connected)],
      ["nodes", "Nodes that are known.", nodes.length],
      ["nodes_ignored", "Nodes that get no jobs.", nodes.filter(({ ignored }) => ignored).length],
      ["updates_pending", "Updates that no client has acknowledged.", updates.pending],
      ["cores_requested", "Cores that running jobs asked for.", total((n) => n.requestedCores)],
      [
        "cores_available",
        "The most cores that Mesos lately had for us.",
        total((n) => n.capacity.cpusMilli) / 1000,
      ],
      [
        "memory_requested_bytes",
        "Memory that running jobs asked for.",
        total((n) => n.requestedMemory),
      ],
      [
        "memory_available_bytes",
        "The most memory that Mesos lately had for us.",
        total((n) => n.capacity.memoryBytes),
      ],
      [
        "start_time_seconds",
        "When the scheduler was started, since the Unix epoch.",
        this.#startedAtMs / 1000,
      ],
      ["resident_memory_bytes", "Memory of the scheduler.", Deno.memoryUsage().rss],
    ];
    for (const [name, help, value] of gauges) {
      yield* metric(name, { help, type: "gauge", lines: (full) => [`${full} ${value}`] });
    }
    yield* metric("build_info", {
      help: "The program.",
      type: "gauge",
      lines: (full) => [`${full}${labelText({ version })} 1`],
    });
  }
}

function* metric(
  name: string,
  { help, type, lines }: { help: string; type: string; lines: (full: string) => string[] },
): Generator<string> {
  const full = PREFIX + name;
  yield `# HELP ${full} ${help}`;
  yield `# TYPE ${full} ${type}`;
  yield* lines(full);
}
