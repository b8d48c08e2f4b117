/**
 * The short form: ratios that hardly depend on the machine and its load. More is better.
 *
 * @module
 */

import { StateDirectory } from "../kit/batch_system.ts";
import { calibrate } from "../kit/calibration.ts";
import { BenchCluster, USUAL_CLUSTER } from "../kit/cluster.ts";
import { ownCpuMs } from "../kit/cpu_time.ts";
import { BenchExecutor } from "../kit/executor_process.ts";
import type { Figure, Section, SectionResult } from "../kit/figure.ts";
import { measureLoop } from "../kit/loop.ts";
import { OfferRounds } from "../kit/offer_rounds.ts";
import { programCommand } from "../kit/program.ts";
import { measureSpawnLimit } from "../kit/spawn_limit.ts";
import { measureThroughput, totalCpuMs } from "../kit/throughput.ts";
import { measureDecoding, updateEvent } from "../kit/wire.ts";

const SLOTS = USUAL_CLUSTER.agents * USUAL_CLUSTER.cpusPerAgent;
const PASSES = 2;
const THROUGHPUT_MS = 3_000;
const SPAWN_MS = 800;
const JOBS = 5_000;
const LOOP = { agents: 200, slotsPerAgent: 10, jobs: 15_000 };
const DECODING_MS = 500;
const ROUNDS = { jobs: 50_000, shapes: 2_000, agents: 100, rounds: 5 };
const EXECUTOR_JOBS = 200;
const EXECUTOR_PARALLELISM = 4;

/** The section. */
export const guardSection: Section = { title: "Ratios", run };

async function run(): Promise<SectionResult> {
  const ratios = { ...await throughput(), ...await logic(), ...await executor() };
  const figures: Figure[] = Object.entries(ratios)
    .map(([name, value]) => ({ name, value, unit: "×" }));
  return { figures };
}

/** In CPU time: rates depend on what else the machine does. */
async function throughput(): Promise<Record<string, number>> {
  await using cluster = await BenchCluster.start(USUAL_CLUSTER);
  const limits = { mesos: cluster, jobs: JOBS, limitMs: THROUGHPUT_MS, slots: SLOTS };
  const toLimit: number[] = [];
  const inBundles: number[] = [];
  const toMemory: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    const spawn = await measureSpawnLimit({ parallelism: SLOTS, durationMs: SPAWN_MS });
    const inMemory = await measureThroughput({ ...limits, bundle: "0" });
    const bundles = await measureThroughput({ ...limits, bundle: "1s" });
    await using state = new StateDirectory();
    const onDisk = await measureThroughput({ ...limits, bundle: "0", state: state.path });
    toLimit.push(spawn.cpuMs / totalCpuMs(inMemory.cpuMs));
    inBundles.push(spawn.cpuMs / totalCpuMs(bundles.cpuMs));
    toMemory.push(inMemory.cpuMs.scheduler / onDisk.cpuMs.scheduler);
  }
  return {
    "CPU of sh -c true ÷ CPU of a job": Math.max(...toLimit),
    "CPU of sh -c true ÷ CPU of a bundled job": Math.max(...inBundles),
    "CPU of the scheduler, in memory ÷ on disk": Math.max(...toMemory),
  };
}

/** Against what this machine does in the same CPU time. */
async function logic(): Promise<Record<string, number>> {
  calibrate();
  const speed = Math.max(calibrate(), calibrate());
  const { cpuMsPerJob } = await measureLoop(LOOP);
  const before = ownCpuMs();
  const events = Array.from({ length: 1_000 }, (_, number) => updateEvent(number));
  const { messagesPerSecond } = measureDecoding(events, DECODING_MS);
  const share = (ownCpuMs() - before) / DECODING_MS;
  const roundMs = Math.min(...new OfferRounds(ROUNDS).measure(ROUNDS));
  return {
    "jobs through the loop ÷ calibration": 1e6 / cpuMsPerJob / speed,
    "events read ÷ calibration": 1000 * messagesPerSecond / Math.min(1, share) / speed,
    "offer rounds ÷ calibration": 1e6 / roundMs / speed,
  };
}

/** What a job costs its executor, against the shells that run it. */
async function executor(): Promise<Record<string, number>> {
  await using executor = new BenchExecutor(programCommand());
  await executor.firstUpdateMs();
  const { ownMs, childrenMs } = await executor.run(EXECUTOR_JOBS, EXECUTOR_PARALLELISM);
  return { "CPU of commands ÷ CPU of the executor": childrenMs / ownMs };
}
