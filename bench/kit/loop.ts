/**
 * How much the scheduler's loop does by itself.
 *
 * @module
 */

import { BenchBatchSystem } from "./batch_system.ts";
import { ownCpuMs } from "./cpu_time.ts";
import { SimulatedMaster, type SimulatedSize } from "./simulated_master.ts";
import { SHORT_JOB } from "./throughput.ts";

const BATCH = 1_000;
const RESULT_WAIT_MS = 10_000;

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
  const { batch } = await bench.start();
  const issue = async (count: number) => {
    for (let issued = 0; issued < count; issued += BATCH) {
      await batch.issueBatchJobs(Array.from({ length: BATCH }, () => SHORT_JOB));
    }
  };
  // Code is compiled before.
  await Promise.all([issue(BATCH), collect(bench, BATCH)]);
  const [start, startCpu, before] = [performance.now(), ownCpuMs(), master?.updates ?? 0];
  await Promise.all([issue(jobs), collect(bench, jobs)]);
  const seconds = (performance.now() - start) / 1000;
  return {
    updatesPerSecond: ((master?.updates ?? 0) - before) / seconds,
    jobsPerSecond: jobs / seconds,
    cpuMsPerJob: (ownCpuMs() - startCpu) / jobs,
  };
}

async function collect({ batch }: BenchBatchSystem, count: number): Promise<void> {
  for (let ended = 0; ended < count;) {
    const results = await batch.takeResults({ limit: BATCH, maxWaitMs: RESULT_WAIT_MS });
    if (results.length === 0) throw new Error("Cannot measure: no job ends any more");
    await batch.acknowledgeResults(results.map(({ jobID }) => jobID));
    ended += results.length;
  }
}
