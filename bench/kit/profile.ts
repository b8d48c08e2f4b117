/**
 * Profiles of the processes that jobs pass through, from source, as flame graphs in docs/.
 *
 * @module
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { thisProgram } from "../../setup/this_program.ts";
import { ROOT } from "../../tests/kit/sources.ts";
import { BenchCluster, USUAL_CLUSTER } from "./cluster.ts";
import { BenchExecutor } from "./executor_process.ts";
import { flameGraph } from "./flame_graph.ts";
import { writePlot } from "./record.ts";
import { runInProcess } from "./run.ts";
import { formatNumber } from "./table.ts";
import { measureThroughput } from "./throughput.ts";

const EXECUTOR_JOBS = 2_000;
const CLUSTER_JOBS = 4_000;
const CLUSTER_LIMIT_MS = 60_000;

/** A process to profile. */
interface Subject {
  readonly title: string;
  /** Runs it with options of `deno run`, until it has ended. */
  readonly run: (options: readonly string[]) => Promise<unknown>;
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  executor: {
    title: `An executor: ${formatNumber(EXECUTOR_JOBS)} jobs, one by one`,
    run: async (options) => {
      const command = thisProgram().command.replace(" run ", ` run ${options.join(" ")} `);
      await using executor = new BenchExecutor(command);
      await executor.firstUpdateMs();
      await executor.run(EXECUTOR_JOBS, 1);
    },
  },
  scheduler: {
    title: "The scheduler: its loop against 1,000 simulated agents",
    run: (options) => runInProcess("agents", options),
  },
  cluster: {
    title: `The embedded master and agents: ${formatNumber(CLUSTER_JOBS)} jobs, one per task`,
    run: async (options) => {
      await using mesos = await BenchCluster.start(USUAL_CLUSTER, options);
      const slots = USUAL_CLUSTER.agents * USUAL_CLUSTER.cpusPerAgent;
      const limits = { jobs: CLUSTER_JOBS, limitMs: CLUSTER_LIMIT_MS };
      await measureThroughput({ mesos, slots, ...limits, bundle: "0" });
    },
  },
};

/** Profiles one process after the other; calls `started` with the name of each. */
export async function recordProfiles(started: (name: string) => void): Promise<void> {
  const root = pathToFileURL(ROOT).href;
  for (const [name, { title, run }] of Object.entries(SUBJECTS)) {
    started(name);
    const directory = await Deno.makeTempDir({ prefix: "toil-mesos-bench-profile-" });
    try {
      const file = "process.cpuprofile";
      await run(["--cpu-prof", `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${file}`]);
      const profile = JSON.parse(await Deno.readTextFile(join(directory, file)));
      await writePlot(`flame-${name}.svg`, flameGraph(profile, { title, root }));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }
}
