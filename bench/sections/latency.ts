/**
 * How long a single job takes on an idle cluster whose executors run.
 *
 * @module
 */

import { join } from "node:path";
import { connectTo } from "../../setup/mesos_connection.ts";
import { SYSTEM_CLOCK } from "../../support/clock.ts";
import { BenchBatchSystem } from "../kit/batch_system.ts";
import { BenchCluster, USUAL_CLUSTER } from "../kit/cluster.ts";
import type { Section, SectionResult } from "../kit/figure.ts";
import { latencyFigures } from "../kit/statistics.ts";
import { SHORT_JOB } from "../kit/throughput.ts";

const SAMPLES = 100;
const WARM_UP = 10;
const MAX_RUNNING_MS = 25;
const MAX_KILL_MS = 30;

/** The section. */
export const latencySection: Section = { title: "Latency on an idle cluster", run };

async function run(): Promise<SectionResult> {
  await using cluster = await BenchCluster.start(USUAL_CLUSTER);
  const { endpoint, credential } = cluster;
  await using bench = new BenchBatchSystem({
    createDriver: await connectTo({ endpoint, credential, caCertificates: undefined }),
    bundle: "1s",
    principal: credential.principal,
  });
  await bench.start();
  const running: number[] = [];
  const killed: number[] = [];
  const reported: number[] = [];
  // One kind after the other: after short jobs, an executor reports later that one runs.
  for (let sample = 0; sample < WARM_UP + SAMPLES; sample++) {
    const { runningMs, killedMs } = await runAndKill(bench);
    if (sample < WARM_UP) continue;
    running.push(runningMs);
    killed.push(killedMs);
  }
  for (let sample = 0; sample < WARM_UP + SAMPLES; sample++) {
    const reportedMs = await finish(bench);
    if (sample >= WARM_UP) reported.push(reportedMs);
  }
  return {
    figures: [
      ...latencyFigures("issue → running", running, { atMost: MAX_RUNNING_MS }),
      ...latencyFigures("kill → killed", killed, { atMost: MAX_KILL_MS }),
      ...latencyFigures("finished → reported", reported),
    ],
  };
}

async function runAndKill(
  { batch }: BenchBatchSystem,
): Promise<{ runningMs: number; killedMs: number }> {
  const isRunning = Promise.withResolvers<void>();
  const unsubscribe = batch.messageBus.subscribe(({ type }) => {
    if (type === "JOB_RUNNING") isRunning.resolve();
  });
  try {
    const issuedAt = performance.now();
    const jobID = await batch.issueBatchJob("exec sleep 60", SHORT_JOB.requirements);
    await isRunning.promise;
    const runningAt = performance.now();
    await batch.killBatchJobs([jobID]);
    return { runningMs: runningAt - issuedAt, killedMs: performance.now() - runningAt };
  } finally {
    unsubscribe();
  }
}

/** The job notes when it ends, as far as it can. */
async function finish({ batch, directory }: BenchBatchSystem): Promise<number> {
  const file = join(directory, "ended");
  await batch.issueBatchJob(`date +%s.%N >'${file}'`, SHORT_JOB.requirements);
  const result = await batch.getUpdatedBatchJob(60);
  const reportedMs = SYSTEM_CLOCK.now();
  if (result?.exitStatus !== 0) throw new Error("Cannot measure: the job has failed");
  return reportedMs - Number(await Deno.readTextFile(file)) * 1000;
}
