/**
 * A measure of this machine's single-threaded speed, in CPU time: whatever else runs matters little.
 *
 * @module
 */

import { ownCpuMs } from "./cpu_time.ts";

const ROUNDS = 40_000;

interface Sample {
  readonly id: string;
  readonly values: readonly number[];
}

/** Rounds of strings, maps and small objects, as a scheduler has them, per second of CPU. */
export function calibrate(): number {
  const start = ownCpuMs();
  const seen = new Map<string, Sample>();
  for (let round = 0; round < ROUNDS; round++) {
    const sample: Sample = { id: `job-${round % 1_000}`, values: [round, round + 1, round + 2] };
    seen.set(sample.id, JSON.parse(JSON.stringify(sample)));
  }
  if (seen.size !== 1_000) throw new Error("Cannot calibrate: samples are missing");
  return ROUNDS * 1000 / (ownCpuMs() - start);
}
