/**
 * Many jobs that wait, in as many shapes as wanted, as a workflow would issue them.
 *
 * @module
 */

import type { BatchJob } from "../../scheduler/batch_job.ts";
import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import { MIB } from "../../scheduler/testing.ts";

const BATCH = 1_000;

/** The jobs of `[first, first + count)`: each has a command and a name of its own. */
export function manyJobs(
  { first, count, shapes }: { first: number; count: number; shapes: number },
): BatchJob[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const shape = number % shapes;
    return {
      command: `sh $TOIL_MESOS_USER_SCRIPT/count.sh chunk-${number}.fa`,
      requirements: {
        jobName: `count-${number}`,
        cores: 1 + shape % 4,
        memory: (512 + 16 * (shape >> 2)) * MIB,
        disk: 100 * MIB,
      },
    };
  });
}

/** Issues jobs in batches. */
export async function issueMany(
  batch: MesosBatchSystem,
  { count, shapes }: { count: number; shapes: number },
): Promise<void> {
  for (let first = 0; first < count; first += BATCH) {
    const size = Math.min(BATCH, count - first);
    await batch.issueBatchJobs(manyJobs({ first, count: size, shapes }));
  }
}
