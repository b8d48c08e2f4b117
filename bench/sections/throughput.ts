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
import { measureThroughput, type Throughput, totalCpuMs } from "../kit/throughput.ts";

const JOBS = 5_000;
const LIMIT_MS = 15_000;
const NEXT_ALLOCATION_MS = 8_000;
const SPAWN_MS = 3_000;
const HYPERQUEUE_JOBS = 1_000;
const HYPERQUEUE_LIMIT_MS = 20_000;
const SLOTS = USUAL_CLUSTER.agents * USUAL_CLUSTER.cpusPerAgent;
const ENDPOINT_VARIABLE = "TOIL_MESOS_TEST_ENDPOINT";

/** The least multiples of other figures. */
const TIMES_NEXT_ALLOCATION = 25;
const SHARE_ON_DISK = 0.8;

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
  const limits = { jobs: JOBS, slots: SLOTS, limitMs: LIMIT_MS };
  const inMemory = await measureThroughput({ mesos: cluster, ...limits });
  figures.push(rate("in memory", inMemory), ...cpuFigures(inMemory));
  await using state = new StateDirectory();
  const onDisk = await measureThroughput({ mesos: cluster, ...limits, state: state.path });
  figures.push(rate("on disk", onDisk));
  const waiting = await measureThroughput({
    mesos: cluster,
    ...limits,
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
  figures.push(
    {
      name: "in memory ÷ next allocation",
      value: inMemory.jobsPerSecond / waiting.jobsPerSecond,
      unit: "×",
      target: { atLeast: TIMES_NEXT_ALLOCATION },
    },
    {
      name: "in memory ÷ spawn limit",
      value: inMemory.jobsPerSecond / spawn.jobsPerSecond,
      unit: "×",
    },
    {
      name: "on disk ÷ in memory",
      value: onDisk.jobsPerSecond / inMemory.jobsPerSecond,
      unit: "×",
      target: { atLeast: SHARE_ON_DISK },
    },
  );
  const real = realMesos();
  if (real) figures.push(rate("real Mesos", await measureThroughput({ mesos: real, ...limits })));
  else skipped.push(`a real Mesos: ${ENDPOINT_VARIABLE} is not set`);
  return { figures, skipped };
}

function realMesos(): BenchMesos | undefined {
  const endpoint = Deno.env.get(ENDPOINT_VARIABLE);
  return endpoint === undefined ? undefined : { endpoint, credential: undefined };
}

function rate(name: string, { jobsPerSecond, jobs }: Throughput): Figure {
  return { name, value: jobsPerSecond, unit: "jobs/s", note: `${jobs} jobs` };
}

function cpuFigures({ cpuMs }: Throughput): Figure[] {
  return [
    { name: "CPU of the scheduler per job", value: cpuMs.scheduler, unit: "ms" },
    { name: "CPU of master and agents per job", value: cpuMs.cluster, unit: "ms" },
    { name: "CPU of the executors per job", value: cpuMs.executors, unit: "ms" },
    { name: "CPU of the commands per job", value: cpuMs.commands, unit: "ms" },
    {
      name: "CPU per job, in all",
      value: totalCpuMs(cpuMs),
      unit: "ms",
      note: "what bounds the rate of an idle machine",
    },
  ];
}
