/**
 * Runs simulations, on all processors: `deno task sim --seeds 2000 [--from 1]`, or one with its
 * story: `--seed 7`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { simulate, type SimulationResult } from "./simulation.ts";
import type { SeedOutcome, SeedRange } from "./sim_worker.ts";

const COUNTS = ["jobs", "finished", "lost", "killed", "unlaunched"] as const;

const options = parseArgs(Deno.args, {
  string: ["seed", "seeds", "from"],
  boolean: [],
  collect: [],
  alias: {},
  unknown: (arg) => {
    throw new RangeError(`Unknown argument ${arg}: expected --seeds N [--from N], or --seed N`);
  },
});

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Runs every `step`th seed of a range in a thread of its own. */
function runApart(range: SeedRange): Promise<SeedOutcome> {
  const worker = new Worker(new URL("./sim_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve } = Promise.withResolvers<SeedOutcome>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(range);
  return promise.finally(() => worker.terminate());
}

function summarize(results: readonly SimulationResult[]): string {
  const totals = Object.fromEntries(
    COUNTS.map((name) => [name, results.reduce((sum, result) => sum + result[name], 0)]),
  );
  const faults: Record<string, number> = {};
  for (const [name, count] of results.flatMap((result) => Object.entries(result.faults))) {
    faults[name] = (faults[name] ?? 0) + count;
  }
  return JSON.stringify({ ...totals, faults });
}

if (options["seed"] !== undefined) {
  print(JSON.stringify(await simulate(Number(options["seed"]), { log: print })));
} else {
  const [seeds, from] = [Number(options["seeds"] ?? 100), Number(options["from"] ?? 1)];
  const threads = Math.min(navigator.hardwareConcurrency, seeds);
  const parts = await Promise.all(
    Array.from(
      { length: threads },
      (_, index) => runApart({ first: from + index, end: from + seeds, step: threads }),
    ),
  );
  const violations = parts.flatMap((part) => part.violations);
  print(`${seeds} seeds from ${from}: ${summarize(parts.flatMap(({ results }) => results))}`);
  for (const violation of violations) print(violation);
  if (violations.length > 0) Deno.exit(1);
}
