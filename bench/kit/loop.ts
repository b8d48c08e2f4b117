/**
 * How much the scheduler's loop does by itself.
 *
 * @module
 */

import { BenchBatchSystem } from "./batch_system.ts";
import { ownCpuMs } from "./cpu_time.ts";
import { SimulatedMaster, type SimulatedSize } from "./simulated_master.ts";
import { runJobs } from "./throughput.ts";

const WARM_UP_JOBS = 1_000;
/** Less than a section may take. */
const LIMIT_MS = 150_000;

/** What was measured. */
export interface LoopRates {
  readonly updatesPerSecond: number;
  readonly jobsPerSecond: number;
  readonly cpuMsPerJob: number;
}

/** Runs jobs on a simulated master until all have ended. */
export async function measureLoop(
  { jobs, ...size }: SimulatedSize & { jobs: number },
): Promise<LoopRates> {
  let master: SimulatedMaster | undefined;
  await using bench = new BenchBatchSystem({
    // Each job is a task with three updates of its own.
    bundle: "0",
    createDriver: (scheduler) => master = new SimulatedMaster(scheduler, size),
  });
  await bench.start();
  // Code is compiled before.
  await runJobs(bench, WARM_UP_JOBS, LIMIT_MS);
  const [start, startCpu, before] = [performance.now(), ownCpuMs(), master?.updates ?? 0];
  const ended = await runJobs(bench, jobs, LIMIT_MS);
  if (ended < jobs) throw new Error(`Cannot measure: only ${ended} of ${jobs} jobs have ended`);
  const seconds = (performance.now() - start) / 1000;
  return {
    updatesPerSecond: ((master?.updates ?? 0) - before) / seconds,
    jobsPerSecond: jobs / seconds,
    cpuMsPerJob: (ownCpuMs() - startCpu) / jobs,
  };
}
