import { assertEquals } from "@std/assert";
import { type BundleReport, decodeBundleReport, runsBundles } from "../job/bundle_report.ts";
import { type BundledJob, encodeTaskData } from "../job/task_data.ts";
import type { TaskUpdate } from "../mesos/executor.ts";
import type { JobEnd, PreparedJob } from "./job_runner.ts";
import { RUNNING_DELAY_MS, RunningDelay } from "./running_delay.ts";
import { REPORT_INTERVAL_MS } from "./task_reporter.ts";
import { TaskRun } from "./task_run.ts";

const OK: JobEnd = { outcome: { exitStatus: 0, wallTimeSeconds: 0.5 }, killed: false };
const BUNDLE_MS = 1_000;

/** A task whose jobs, timers and agent do what the test says. */
class Bench {
  nowMs = 0;
  readonly updates: TaskUpdate[] = [];
  readonly prepared: string[] = [];
  /** Ends the command of a job. */
  readonly jobs = new Map<number, (end: JobEnd) => void>();
  readonly kills: number[] = [];
  readonly failures: unknown[] = [];
  readonly #taken: (() => void)[] = [];
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();
  readonly run: TaskRun;
  /** Whether the agent takes updates at once. */
  takes = true;
  readonly runningDelay = new RunningDelay();

  constructor(count: number) {
    const jobs = Array.from({ length: count }, (_, index): BundledJob => ({
      jobID: index + 1,
      attemptId: `${index + 1}-1-e`,
      command: "true",
      environment: {},
    }));
    const [only] = jobs;
    if (!only) throw new RangeError("a task has a job");
    const data = encodeTaskData(count > 1 ? { jobs, bundleMs: BUNDLE_MS } : only);
    const info = { name: "", task_id: { value: "t" }, agent_id: { value: "a" }, data };
    this.run = new TaskRun(info, {
      driver: {
        sendStatusUpdate: (update) => {
          this.updates.push(update);
          return this.takes ? Promise.resolve() : new Promise((taken) => this.#taken.push(taken));
        },
      },
      runner: {
        prepare: (attemptId, data) => {
          this.prepared.push(attemptId);
          return Promise.resolve({ data, files: {}, userScript: {} } as PreparedJob);
        },
        discard: () => Promise.resolve(),
        spawn: ({ data: { jobID } }) => {
          const { promise, resolve } = Promise.withResolvers<JobEnd>();
          this.jobs.set(jobID, resolve);
          return {
            ended: promise,
            kill: () => Promise.resolve(void this.kills.push(jobID)),
          };
        },
      },
      clock: {
        now: () => this.nowMs,
        after: (ms, callback) => {
          const timer = { atMs: this.nowMs + ms, callback };
          this.#timers.add(timer);
          return () => void this.#timers.delete(timer);
        },
      },
      runningDelay: this.runningDelay,
      failed: (error) => void this.failures.push(error),
    });
  }

  /** Lets promises settle. */
  async settle(): Promise<void> {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await this.settle();
    while (true) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs);
      const [next] = due.toSorted((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.callback();
      await this.settle();
    }
    this.nowMs = untilMs;
  }

  /** The command of a job ends. */
  async end(jobID: number, end = OK): Promise<void> {
    this.jobs.get(jobID)?.(end);
    await this.settle();
  }

  /** The agent takes what is under way. */
  async take(): Promise<void> {
    for (const taken of this.#taken.splice(0)) taken();
    await this.settle();
  }

  /** What the updates say of the jobs. */
  get reports(): (BundleReport & { state: string | undefined })[] {
    return this.updates.flatMap(({ state, data }) => {
      const report = data && decodeBundleReport(data);
      return report ? [{ state, ...report }] : [];
    });
  }

  get states(): (string | undefined)[] {
    return this.updates.map(({ state }) => state);
  }

  get timers(): number {
    return this.#timers.size;
  }
}

/** A task that has begun on an executor whose jobs were short. */
async function begun(count: number): Promise<Bench> {
  const bench = new Bench(count);
  bench.runningDelay.ended({ wallTimeSeconds: 0.01 });
  bench.run.begin();
  await bench.settle();
  return bench;
}

const idsOf = ({ ended }: BundleReport) => ended.map(({ jobID }) => jobID);

Deno.test("TaskRun says nothing between the beginning and the end of a very short job", async () => {
  const bench = await begun(1);
  await bench.pass(RUNNING_DELAY_MS - 1);
  await bench.end(1);
  assertEquals(bench.states, ["TASK_STARTING", "TASK_FINISHED"]);
  assertEquals([bench.prepared, bench.timers, bench.failures], [["t"], 0, []]);
});

Deno.test("TaskRun says at once that a job runs, unless the job before was short", async () => {
  for (const wallTimeSeconds of [undefined, 1]) {
    const bench = new Bench(1);
    if (wallTimeSeconds !== undefined) bench.runningDelay.ended({ wallTimeSeconds });
    bench.run.begin();
    await bench.settle();
    await bench.pass(0);
    assertEquals(bench.states, ["TASK_STARTING", "TASK_RUNNING"]);
    await bench.end(1, { outcome: { exitStatus: 0, wallTimeSeconds: 0.01 }, killed: false });
    assertEquals(bench.runningDelay.ms, RUNNING_DELAY_MS);
  }
});

Deno.test("TaskRun says once that a longer job runs", async () => {
  const bench = await begun(1);
  await bench.pass(10 * REPORT_INTERVAL_MS);
  await bench.end(1);
  assertEquals(bench.states, ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"]);
});

Deno.test("TaskRun tells the scheduler that it runs bundles before it gets one", async () => {
  const bench = await begun(1);
  assertEquals(bench.updates.map(runsBundles), [true]);
});

Deno.test("TaskRun runs the jobs of a bundle one after another, each under its own name", async () => {
  const bench = await begun(3);
  assertEquals([...bench.jobs.keys()], [1]);
  await bench.end(1);
  await bench.end(2, { outcome: { exitStatus: 3, wallTimeSeconds: 1 }, killed: false });
  await bench.end(3);
  await bench.run.ended;
  assertEquals(bench.prepared, ["1-1-e", "2-1-e", "3-1-e"]);
  assertEquals(bench.states, ["TASK_STARTING", "TASK_FINISHED"]);
  const [{ ended } = { ended: [] }] = bench.reports;
  assertEquals(ended.map(({ jobID, state, message }) => [jobID, state, message]), [
    [1, "TASK_FINISHED", "0"],
    [2, "TASK_FAILED", "3"],
    [3, "TASK_FINISHED", "0"],
  ]);
  assertEquals([bench.timers, bench.failures], [0, []]);
});

Deno.test("TaskRun gathers what happens to a bundle between two reports", async () => {
  const bench = await begun(5);
  await bench.pass(RUNNING_DELAY_MS);
  await bench.end(1);
  await bench.end(2);
  await bench.pass(REPORT_INTERVAL_MS);
  await bench.end(3);
  await bench.end(4);
  await bench.end(5);
  assertEquals(bench.reports.map((each) => [each.state, idsOf(each), each.running]), [
    ["TASK_RUNNING", [], 1],
    ["TASK_RUNNING", [1, 2], 3],
    ["TASK_FINISHED", [3, 4, 5], undefined],
  ]);
});

Deno.test("TaskRun sends no report while the agent does not have the last one", async () => {
  const bench = await begun(4);
  bench.takes = false;
  await bench.pass(RUNNING_DELAY_MS);
  await bench.end(1);
  await bench.pass(5 * REPORT_INTERVAL_MS - RUNNING_DELAY_MS - 1);
  await bench.end(2);
  assertEquals(bench.reports.length, 1);
  await bench.take();
  await bench.pass(REPORT_INTERVAL_MS);
  assertEquals(bench.reports.map(idsOf), [[], [1, 2]]);
  await bench.end(3);
  await bench.end(4);
  assertEquals(bench.reports.map(idsOf), [[], [1, 2], [3, 4]], "the last word does not wait");
});

Deno.test("TaskRun gives back what waits behind a job that takes long", async () => {
  const bench = await begun(3);
  await bench.pass(BUNDLE_MS - 1);
  assertEquals(bench.reports.flatMap(({ givenBack }) => givenBack), []);
  await bench.pass(1);
  assertEquals(bench.reports.flatMap(({ givenBack }) => givenBack), [2, 3]);
  await bench.end(1);
  assertEquals([bench.states.at(-1), [...bench.jobs.keys()]], ["TASK_FINISHED", [1]]);
});

Deno.test("TaskRun gives back what is left of a bundle that takes long as a whole", async () => {
  const bench = await begun(4);
  await bench.pass(0.9 * BUNDLE_MS);
  await bench.end(1);
  await bench.pass(0.9 * BUNDLE_MS);
  await bench.end(2);
  await bench.pass(0.2 * BUNDLE_MS);
  assertEquals(bench.reports.flatMap(({ givenBack }) => givenBack), [4]);
});

Deno.test("TaskRun kills single jobs of a bundle, and reports them soon", async () => {
  const bench = await begun(4);
  await bench.pass(RUNNING_DELAY_MS);
  bench.run.killJobs([1, 3], 5);
  await bench.pass(0);
  assertEquals(bench.kills, [1]);
  assertEquals(bench.reports.map(idsOf), [[], [3]]);
  await bench.end(1, { ...OK, killed: true });
  await bench.pass(0);
  assertEquals(bench.reports.at(-1)?.ended.map(({ jobID, state }) => [jobID, state]), [
    [1, "TASK_KILLED"],
  ]);
  await bench.end(2);
  await bench.end(4);
  assertEquals([bench.states.at(-1), bench.kills], ["TASK_FINISHED", [1]]);
});

Deno.test("TaskRun kills all jobs of a bundle, those that have not begun without running them", async () => {
  const bench = await begun(3);
  bench.run.kill(5);
  await bench.end(1, { ...OK, killed: true });
  assertEquals(bench.states.at(-1), "TASK_KILLED");
  const ended = bench.reports.flatMap((report) => report.ended);
  assertEquals(ended.map(({ jobID, state }) => [jobID, state]).toSorted(), [
    [1, "TASK_KILLED"],
    [2, "TASK_KILLED"],
    [3, "TASK_KILLED"],
  ]);
  assertEquals([...bench.jobs.keys()], [1]);
});

Deno.test("TaskRun begins no job of a bundle before the agent knows of the task", async () => {
  const bench = new Bench(3);
  bench.takes = false;
  bench.run.begin();
  bench.run.killJobs([1], 5);
  await bench.pass(BUNDLE_MS);
  assertEquals(bench.prepared, []);
  await bench.take();
  assertEquals(bench.prepared, ["2-1-e"]);
});

Deno.test("TaskRun refuses a task that it can't read", async () => {
  const bench = new Bench(1);
  const updates: TaskUpdate[] = [];
  const info = { name: "", task_id: { value: "t" }, agent_id: { value: "a" } };
  const run = new TaskRun({ ...info, data: new Uint8Array([1]) }, {
    driver: { sendStatusUpdate: (update) => Promise.resolve(void updates.push(update)) },
    runner: {
      prepare: () => Promise.reject(new Error("unreachable")),
      spawn: () => {
        throw new Error("unreachable");
      },
      discard: () => Promise.resolve(),
    },
    clock: { now: () => 0, after: () => () => {} },
    runningDelay: bench.runningDelay,
    failed: (error) => void bench.failures.push(error),
  });
  run.begin();
  await run.ended;
  assertEquals(updates.map(({ state, message }) => [state, message]), [
    ["TASK_STARTING", undefined],
    ["TASK_ERROR", "Cannot read the task's data: it is not JSON"],
  ]);
});
