/**
 * A thread that simulates some seeds; answers with their results, and with what was violated.
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

/** What came of them. */
export interface SeedOutcome {
  readonly results: readonly SimulationResult[];
  /** Of seeds that failed, each with its seed. */
  readonly violations: readonly string[];
}

interface WorkerScope {
  onmessage: (event: MessageEvent<SeedRange>) => void;
  postMessage(message: SeedOutcome): void;
}

// The library of types for workers can't be loaded beside that for programs.
const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data: { first, end, step } }) => {
  const results: SimulationResult[] = [];
  const violations: string[] = [];
  for (let seed = first; seed < end; seed += step) {
    try {
      results.push(await simulate(seed));
    } catch (error) {
      violations.push(error instanceof Error ? error.message : String(error));
    }
  }
  scope.postMessage({ results, violations });
};
