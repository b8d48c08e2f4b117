/**
 * What grows with the number of jobs that wait.
 *
 * @module
 */

import type { Scheduler } from "../../mesos/scheduler.ts";
import { BenchBatchSystem, StateDirectory } from "../kit/batch_system.ts";
import { issueOverHttp } from "../kit/control_api.ts";
import type { Figure, Section, SectionResult, Series } from "../kit/figure.ts";
import { issueMany } from "../kit/many_jobs.ts";
import { OfferRounds } from "../kit/offer_rounds.ts";
import { SimulatedMaster } from "../kit/simulated_master.ts";
import { median, timed } from "../kit/statistics.ts";

const SHAPES = [20, 2_000] as const;
const ROUNDS = [{ agents: 100, rounds: 7 }, { agents: 1_000, rounds: 3 }] as const;
const MOST = 1_000_000;
const OVER_HTTP = 100_000;
/** The default of the program. */
const BUNDLE = "1s";
const COUNTS = [1_000, 10_000, 100_000, MOST] as const;

/** For an offer round at 10^6 jobs: agents, shapes, and the most milliseconds. */
const ROUND_TARGETS: readonly (readonly [number, number, number])[] = [
  [100, 20, 5],
  [100, 2_000, 10],
  [1_000, 20, 50],
  [1_000, 2_000, 50],
];
const MAX_BYTES_PER_JOB = 360;
const MIN_ISSUED_PER_SECOND = 80_000;
const MAX_RESTART_MS = 6_000;

/** The section. */
export const scaleSection: Section = { title: "Many waiting jobs", run };

async function run(): Promise<SectionResult> {
  const { figures, series } = offerRounds();
  return { figures: [...await waiting(), ...figures], series };
}

/** Issue, heap, restart and kill, with a store on disk. */
async function waiting(): Promise<Figure[]> {
  await using state = new StateDirectory();
  const { issuedPerSecond, bytesPerJob } = await issueAll(state.path);
  const opened = await timed(() =>
    new BenchBatchSystem({ createDriver: idleMaster, bundle: BUNDLE, state: state.path })
  );
  await using bench = opened.result;
  const { batch } = await bench.start();
  const jobIDs = batch.getIssuedBatchJobIDs();
  if (jobIDs.length !== MOST) throw new Error("Cannot measure: the store has lost jobs");
  const kill = await timed(() => batch.killBatchJobs(jobIDs));
  return [
    {
      name: "jobs issued, on disk",
      value: issuedPerSecond,
      unit: "jobs/s",
      note: "10^6, in batches of 1,000",
      target: { atLeast: MIN_ISSUED_PER_SECOND },
    },
    {
      name: "jobs issued over HTTP, on disk",
      value: await issuedOverHttpPerSecond(),
      unit: "jobs/s",
      note: "10^5, in batches of 1,000; the client in the same process",
    },
    {
      name: "heap per waiting job",
      value: bytesPerJob,
      unit: "bytes",
      note: "command and name included",
      target: { atMost: MAX_BYTES_PER_JOB },
    },
    {
      name: "restart from the store",
      value: opened.ms,
      unit: "ms",
      note: "10^6 jobs",
      target: { atMost: MAX_RESTART_MS },
    },
    { name: "kill all", value: kill.ms, unit: "ms", note: "10^6 waiting jobs, on disk" },
  ];
}

async function issueAll(
  state: string,
): Promise<{ issuedPerSecond: number; bytesPerJob: number }> {
  await using bench = new BenchBatchSystem({ createDriver: idleMaster, bundle: BUNDLE, state });
  const before = heapBytes();
  const { ms } = await timed(() => issueMany(bench.batch, { count: MOST, shapes: SHAPES[0] }));
  const bytesPerJob = (heapBytes() - before) / MOST;
  await bench.batch.detach();
  return { issuedPerSecond: MOST / (ms / 1000), bytesPerJob };
}

async function issuedOverHttpPerSecond(): Promise<number> {
  await using state = new StateDirectory();
  await using bench = new BenchBatchSystem({
    createDriver: idleMaster,
    bundle: BUNDLE,
    state: state.path,
  });
  const ms = await issueOverHttp(bench, { count: OVER_HTTP, shapes: SHAPES[0] });
  await bench.batch.detach();
  return OVER_HTTP / (ms / 1000);
}

function heapBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Cannot measure the heap: Deno runs without --expose-gc");
  gc();
  return Deno.memoryUsage().heapUsed;
}

function offerRounds(): { figures: Figure[]; series: Series[] } {
  const figures: Figure[] = [];
  const series: Series[] = [];
  for (const shapes of SHAPES) {
    const points = new Map(ROUNDS.map(({ agents }) => [agents, [] as [number, number][]]));
    for (const jobs of COUNTS) {
      const scheduler = new OfferRounds({ jobs, shapes });
      for (const { agents, rounds } of ROUNDS) {
        // A round takes jobs, too: there must be some for each.
        if (jobs < agents * 4 * rounds) continue;
        points.get(agents)?.push([jobs, median(scheduler.measure({ agents, rounds }))]);
      }
    }
    for (const { agents } of ROUNDS) {
      const measured = points.get(agents) ?? [];
      const name = `offer round of ${agents} agents, ${shapes} shapes`;
      series.push({ name, unit: "ms", over: "waiting jobs", points: measured });
      const [, , atMost] = ROUND_TARGETS.find(([a, s]) => a === agents && s === shapes) ?? [];
      figures.push({
        name,
        value: measured.at(-1)?.[1] ?? NaN,
        unit: "ms",
        note: "10^6 jobs; idle agents with 4 cpus",
        ...(atMost === undefined ? {} : { target: { atMost } }),
      });
    }
  }
  return { figures, series };
}

function idleMaster(scheduler: Scheduler): SimulatedMaster {
  return new SimulatedMaster(scheduler, { agents: 0, slotsPerAgent: 0 });
}
