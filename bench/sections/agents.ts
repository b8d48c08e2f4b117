/**
 * The scheduler against a master with 1,000 agents that costs nothing itself.
 *
 * @module
 */

import type { Section, SectionResult } from "../kit/figure.ts";
import { measureLoop } from "../kit/loop.ts";

const SIZE = { agents: 1_000, slotsPerAgent: 10, jobs: 60_000 };
const MIN_UPDATES_PER_SECOND = 20_000;

/** The section. */
export const agentsSection: Section = { title: "1,000 agents with 10,000 slots", run };

async function run(): Promise<SectionResult> {
  const { updatesPerSecond, jobsPerSecond, cpuMsPerJob } = await measureLoop(SIZE);
  return {
    figures: [
      {
        name: "updates through the loop",
        value: updatesPerSecond,
        unit: "updates/s",
        target: { atLeast: MIN_UPDATES_PER_SECOND },
        note: `${SIZE.jobs} jobs, three updates each`,
      },
      {
        name: "updates per second of CPU",
        value: 3_000 / cpuMsPerJob,
        unit: "updates/s",
        note: "whatever else the machine does",
      },
      { name: "jobs through the loop", value: jobsPerSecond, unit: "jobs/s" },
      { name: "CPU of the scheduler per job", value: cpuMsPerJob, unit: "ms" },
    ],
  };
}
