/**
 * A thread that simulates some seeds; answers with their results, or with what was violated.
 *
 * @module
 */

import { simulate, type SimulationResult } from "./simulation.ts";

/** Which seeds. */
export interface SeedRange {
  readonly first: number;
  readonly end: number;
  readonly step: number;
}

interface WorkerScope {
  onmessage: (event: MessageEvent<SeedRange>) => void;
  postMessage(message: SimulationResult[] | string): void;
}

// The library of types for workers can't be loaded beside that for programs.
const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data: { first, end, step } }) => {
  const results: SimulationResult[] = [];
  try {
    for (let seed = first; seed < end; seed += step) results.push(await simulate(seed));
    scope.postMessage(results);
  } catch (error) {
    scope.postMessage(error instanceof Error ? error.message : String(error));
  }
};
