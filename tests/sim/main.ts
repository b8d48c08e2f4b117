/**
 * Runs simulations: `deno task sim --seeds 2000 [--from 1]`, or one with its story: `--seed 7`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { simulate } from "./simulation.ts";

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

if (options["seed"] !== undefined) {
  const result = simulate(Number(options["seed"]), { log: print });
  print(JSON.stringify(result));
} else {
  const seeds = Number(options["seeds"] ?? 100);
  const from = Number(options["from"] ?? 1);
  const totals = { jobs: 0, finished: 0, lost: 0, killed: 0, unlaunched: 0 };
  const faults: Record<string, number> = {};
  for (let seed = from; seed < from + seeds; seed++) {
    const result = simulate(seed);
    for (const name of ["jobs", "finished", "lost", "killed", "unlaunched"] as const) {
      totals[name] += result[name];
    }
    for (const [name, count] of Object.entries(result.faults)) {
      faults[name] = (faults[name] ?? 0) + count;
    }
  }
  print(`${seeds} seeds from ${from}: ${JSON.stringify({ ...totals, faults })}`);
}
