/**
 * Short jobs per second: ours, what the machine allows, and other schedulers.
 *
 * @module
 */

import { StateDirectory } from "../kit/batch_system.ts";
import { BenchCluster, type BenchMesos, USUAL_CLUSTER } from "../kit/cluster.ts";
import type { Figure, Section, SectionResult } from "../kit/figure.ts";
import { measureHyperQueue } from "../kit/hyperqueue.ts";
import { nextAllocation } from "../kit/next_allocation.ts";
import { measureSpawnLimit } from "../kit/spawn_limit.ts";
import {
  measureThroughput,
  type Throughput,
  type ThroughputOptions,
  totalCpuMs,
} from "../kit/throughput.ts";

const JOBS = 5_000;
const LIMIT_MS = 12_000;
/** The default of the program. */
const BUNDLE = "1s";
const NEXT_ALLOCATION_MS = 8_000;
const SPAWN_MS = 3_000;
const HYPERQUEUE_JOBS = 1_000;
const HYPERQUEUE_LIMIT_MS = 20_000;
const SLOTS = USUAL_CLUSTER.agents * USUAL_CLUSTER.cpusPerAgent;
const ENDPOINT_VARIABLE = "TOIL_MESOS_TEST_ENDPOINT";

/** The least multiples of other figures. */
const TIMES_NEXT_ALLOCATION = 25;
const SHARE_ON_DISK = 0.8;
const SHARE_OF_SPAWN_LIMIT = 0.5;

/** In jobs per second, whatever the machine. */
const ON_A_REAL_MESOS = [
  { name: "real Mesos", bundle: "0", atLeast: 85 },
  { name: "real Mesos, bundles", bundle: BUNDLE, atLeast: 250 },
] as const;

/** The section. */
export const throughputSection: Section = { title: "Throughput of short jobs", run };

async function run(): Promise<SectionResult> {
  const skipped: string[] = [];
  const figures: Figure[] = [];
  const spawn = await measureSpawnLimit({ parallelism: SLOTS, durationMs: SPAWN_MS });
  figures.push({
    name: "spawn limit",
    value: spawn.jobsPerSecond,
    unit: "jobs/s",
    note: `sh -c true, ${SLOTS} at a time`,
  });
  figures.push({ name: "CPU of sh -c true", value: spawn.cpuMs, unit: "ms" });
  await using cluster = await BenchCluster.start(USUAL_CLUSTER);
  const limits = { mesos: cluster, jobs: JOBS, slots: SLOTS, limitMs: LIMIT_MS };
  const one = await pair({ ...limits, bundle: "0" });
  figures.push(rate("in memory", one.inMemory), ...cpuFigures(one.inMemory));
  figures.push(rate("on disk", one.onDisk));
  const bundles = await pair({ ...limits, bundle: BUNDLE });
  figures.push(rate("bundles, in memory", bundles.inMemory));
  figures.push(...cpuFigures(bundles.inMemory, ", in bundles"));
  figures.push(rate("bundles, on disk", bundles.onDisk));
  const waiting = await measureThroughput({
    ...limits,
    bundle: "0",
    limitMs: NEXT_ALLOCATION_MS,
    wrapDriver: nextAllocation,
  });
  figures.push(rate("next allocation", waiting));
  const hyperQueue = await measureHyperQueue({
    jobs: HYPERQUEUE_JOBS,
    slots: SLOTS,
    limitMs: HYPERQUEUE_LIMIT_MS,
  });
  if (typeof hyperQueue === "string") skipped.push(`HyperQueue: ${hyperQueue}`);
  else {
    figures.push({
      name: "HyperQueue",
      value: hyperQueue,
      unit: "jobs/s",
      note: `${HYPERQUEUE_JOBS} tasks, one worker with ${SLOTS} cores`,
    });
  }
  const ratio = (name: string, [a, b]: [number, number], atLeast: number): Figure => ({
    name,
    value: a / b,
    unit: "×",
    target: { atLeast },
  });
  const { jobsPerSecond: bundled } = bundles.inMemory;
  figures.push(
    ratio(
      "in memory ÷ next allocation",
      [one.inMemory.jobsPerSecond, waiting.jobsPerSecond],
      TIMES_NEXT_ALLOCATION,
    ),
    ratio("bundles ÷ spawn limit", [bundled, spawn.jobsPerSecond], SHARE_OF_SPAWN_LIMIT),
    ratio(
      "on disk ÷ in memory",
      [one.onDisk.jobsPerSecond, one.inMemory.jobsPerSecond],
      SHARE_ON_DISK,
    ),
    ratio(
      "bundles, on disk ÷ in memory",
      [bundles.onDisk.jobsPerSecond, bundled],
      SHARE_ON_DISK,
    ),
  );
  if (typeof hyperQueue === "number") {
    figures.push(ratio("bundles ÷ HyperQueue", [bundled, hyperQueue], 1));
  }
  const mesos = realMesos();
  if (mesos) {
    for (const { name, bundle, atLeast } of ON_A_REAL_MESOS) {
      const measured = await measureThroughput({ ...limits, mesos, bundle });
      figures.push({ ...rate(name, measured), target: { atLeast } });
    }
  } else skipped.push(`a real Mesos: ${ENDPOINT_VARIABLE} is not set`);
  return { figures, skipped };
}

/** The same with each kind of store. */
async function pair(
  options: ThroughputOptions,
): Promise<{ inMemory: Throughput; onDisk: Throughput }> {
  const inMemory = await measureThroughput(options);
  await using state = new StateDirectory();
  return { inMemory, onDisk: await measureThroughput({ ...options, state: state.path }) };
}

function realMesos(): BenchMesos | undefined {
  const endpoint = Deno.env.get(ENDPOINT_VARIABLE);
  return endpoint === undefined ? undefined : { endpoint, credential: undefined };
}

function rate(name: string, { jobsPerSecond, jobs }: Throughput): Figure {
  return { name, value: jobsPerSecond, unit: "jobs/s", note: `${jobs} jobs` };
}

function cpuFigures({ cpuMs }: Throughput, suffix = ""): Figure[] {
  return [
    { name: `CPU of the scheduler per job${suffix}`, value: cpuMs.scheduler, unit: "ms" },
    { name: `CPU of master and agents per job${suffix}`, value: cpuMs.cluster, unit: "ms" },
    { name: `CPU of the executors per job${suffix}`, value: cpuMs.executors, unit: "ms" },
    { name: `CPU of the commands per job${suffix}`, value: cpuMs.commands, unit: "ms" },
    {
      name: `CPU per job, in all${suffix}`,
      value: totalCpuMs(cpuMs),
      unit: "ms",
      note: "what bounds the rate of an idle machine",
    },
  ];
}
