/**
 * One executor: how soon it works, what a job costs it, and how large it gets.
 *
 * @module
 */

import { memoryOf } from "../kit/cpu_time.ts";
import { BenchExecutor } from "../kit/executor_process.ts";
import type { Section, SectionResult } from "../kit/figure.ts";
import { compiledProgram, programCommand } from "../kit/program.ts";
import { median } from "../kit/statistics.ts";

const STARTS = 5;
const JOBS = 1_000;
const PARALLELISM = 4;
const MAX_START_MS = 250;
const MAX_RSS_MIB = 64;
const MAX_CPU_MS = 3;

/** The section. */
export const executorSection: Section = { title: "One executor", run };

async function run(): Promise<SectionResult> {
  const command = programCommand();
  const starts: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    await using executor = new BenchExecutor(command);
    starts.push(await executor.firstUpdateMs());
  }
  await using executor = new BenchExecutor(command);
  await executor.firstUpdateMs();
  const { pid } = executor;
  const idleBytes = memoryOf(pid, "VmRSS");
  const { ms, ownMs, childrenMs } = await executor.run(JOBS, PARALLELISM);
  const mebibytes = (bytes: number) => bytes / 2 ** 20;
  return {
    figures: [
      {
        name: "start to first update, p50",
        value: median(starts),
        unit: "ms",
        target: { atMost: MAX_START_MS },
        note: compiledProgram() ? "compiled" : "from source",
      },
      { name: "resident memory at the start", value: mebibytes(idleBytes), unit: "MiB" },
      {
        name: "resident memory after 1,000 jobs",
        value: mebibytes(memoryOf(pid, "VmRSS")),
        unit: "MiB",
        target: { atMost: MAX_RSS_MIB },
      },
      {
        name: "CPU of the executor per job",
        value: ownMs / JOBS,
        unit: "ms",
        target: { atMost: MAX_CPU_MS },
      },
      {
        name: "CPU of the command per job",
        value: childrenMs / JOBS,
        unit: "ms",
        note: "sh -c true, from its start",
      },
      {
        name: "jobs of one executor",
        value: JOBS / (ms / 1000),
        unit: "jobs/s",
        note: `${PARALLELISM} at a time`,
      },
    ],
  };
}
