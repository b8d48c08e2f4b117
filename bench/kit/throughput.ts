/**
 * How fast short jobs get through: from their issue to the report of their end.
 *
 * @module
 */

import { connectTo } from "../../setup/mesos_connection.ts";
import type { DriverFactory } from "../../scheduler/mesos_link.ts";
import { executorsWith } from "../../tests/kit/processes.ts";
import { BenchBatchSystem } from "./batch_system.ts";
import type { BenchMesos } from "./cluster.ts";
import { cpuTimeOf, ownCpuMs } from "./cpu_time.ts";

const ISSUE_BATCH = 1_000;
const RESULT_BATCH = 1_000;

/** A job that holds a slot of one cpu. */
export const SHORT_JOB = {
  command: "true",
  requirements: { jobName: "short", cores: 1, memory: "32Mi", disk: "1Mi" },
} as const;

/** What is measured. */
export interface ThroughputOptions {
  readonly mesos: BenchMesos;
  readonly jobs: number;
  /** The measurement ends then at the latest, with the jobs that have ended. */
  readonly limitMs: number;
  readonly slots: number;
  /** How long short jobs share a task; `0`: never. */
  readonly bundle: string;
  readonly state?: string;
  /** Changes how the scheduler talks to Mesos. */
  readonly wrapDriver?: (factory: DriverFactory) => DriverFactory;
}

/** CPU time in milliseconds, by process. */
export interface CpuShares {
  readonly scheduler: number;
  /** Master and agents, where they were started here. */
  readonly cluster: number;
  readonly executors: number;
  readonly commands: number;
}

/** What was measured. */
export interface Throughput {
  readonly jobsPerSecond: number;
  readonly jobs: number;
  /** Per job. */
  readonly cpuMs: CpuShares;
}

/** The sum of all processes. */
export function totalCpuMs(cpuMs: CpuShares): number {
  return Object.values<number>({ ...cpuMs }).reduce((sum, ms) => sum + ms);
}

/** Runs jobs until all have ended or the time is over. */
export async function measureThroughput(options: ThroughputOptions): Promise<Throughput> {
  const { mesos, jobs, limitMs, slots, bundle, state, wrapDriver = (factory) => factory } = options;
  const { endpoint, credential } = mesos;
  const createDriver = wrapDriver(
    await connectTo({ endpoint, credential, caCertificates: undefined }),
  );
  await using bench = new BenchBatchSystem({
    createDriver,
    bundle,
    principal: credential?.principal,
    state,
  });
  await bench.start();
  // Executors are started, and code is compiled, before.
  await runJobs(bench, slots * 2, 60_000);
  const before = sample(bench, mesos);
  const start = performance.now();
  const ended = await runJobs(bench, jobs, limitMs);
  const seconds = (performance.now() - start) / 1000;
  const after = sample(bench, mesos);
  const perJob = (name: keyof CpuShares) => (after[name] - before[name]) / ended;
  return {
    jobsPerSecond: ended / seconds,
    jobs: ended,
    cpuMs: {
      scheduler: perJob("scheduler"),
      cluster: perJob("cluster"),
      executors: perJob("executors"),
      commands: perJob("commands"),
    },
  };
}

/**
 * Runs short jobs until all have ended or the time is over; resolves to how many have ended.
 *
 * @throws {Error} when a job ends otherwise than by finishing.
 */
export async function runJobs(
  { batch }: BenchBatchSystem,
  count: number,
  limitMs: number,
): Promise<number> {
  const deadline = performance.now() + limitMs;
  const issue = async () => {
    for (let issued = 0; issued < count; issued += ISSUE_BATCH) {
      const size = Math.min(ISSUE_BATCH, count - issued);
      await batch.issueBatchJobs(Array.from({ length: size }, () => SHORT_JOB));
    }
  };
  const collect = async () => {
    let ended = 0;
    while (ended < count) {
      const maxWaitMs = deadline - performance.now();
      if (maxWaitMs <= 0) return ended;
      const results = await batch.takeResults({ limit: RESULT_BATCH, maxWaitMs });
      const failed = results.find(({ exitReason }) => exitReason !== "FINISHED");
      if (failed) throw new Error(`Cannot measure: a job ended as ${JSON.stringify(failed)}`);
      await batch.acknowledgeResults(results.map(({ jobID }) => jobID));
      ended += results.length;
    }
    return ended;
  };
  const [, ended] = await Promise.all([issue(), collect()]);
  return ended;
}

function sample({ frameworkId }: BenchBatchSystem, { pid }: BenchMesos): CpuShares {
  const executors = executorsWith({ MESOS_FRAMEWORK_ID: frameworkId }).map(cpuTimeOf);
  return {
    scheduler: ownCpuMs(),
    cluster: pid === undefined ? 0 : cpuTimeOf(pid).ownMs,
    executors: executors.reduce((sum, { ownMs }) => sum + ownMs, 0),
    commands: executors.reduce((sum, { childrenMs }) => sum + childrenMs, 0),
  };
}
