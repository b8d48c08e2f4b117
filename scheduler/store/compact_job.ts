/**
 * Jobs as they are written: without what most of them have. A million of them are written, and read
 * again at a restart; a third of their text would be the same in each. Pure.
 *
 * @module
 */

import type { JobSpec } from "../core/records.ts";

/** The parts of a job's record that may be left out. */
interface Compactible {
  readonly spec: Omit<JobSpec, "environment"> & Partial<Pick<JobSpec, "environment">>;
  readonly attempt: number;
  readonly killRequested?: boolean;
}

/** A record in which each field that has its default, as in record_schemas.ts, is undefined: JSON
 * leaves it out. */
export function compactJob(job: Compactible): object {
  const { spec, attempt, killRequested = false } = job;
  const { shape, environment, local } = spec;
  return {
    ...job,
    spec: {
      ...spec,
      shape: {
        ...shape,
        gpus: shape.gpus || undefined,
        preemptible: shape.preemptible || undefined,
      },
      environment: isEmpty(environment) ? undefined : environment,
      local: local || undefined,
    },
    attempt: attempt || undefined,
    killRequested: killRequested || undefined,
  };
}

function isEmpty(environment: JobSpec["environment"] = {}): boolean {
  for (const _ in environment) return false;
  return true;
}
