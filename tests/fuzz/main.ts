/**
 * Fuzzes by hand: `deno task fuzz [--target NAME] [--seconds 60] [--from N]`, or one input again:
 * `--target NAME --seed N`. An input that fails is put into the corpus.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { keepInput } from "./corpus.ts";
import { fuzz, FuzzFailure, type Outcomes, replayCorpus } from "./fuzz.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

const USAGE = "expected [--target NAME] [--seconds N] [--from N], or --target NAME --seed N";

const options = parseArgs(Deno.args, {
  string: ["target", "seconds", "from", "seed"],
  boolean: [],
  collect: [],
  alias: {},
  unknown: (arg) => {
    throw new RangeError(`Unknown argument ${arg}: ${USAGE}`);
  },
});

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function run(target: Target, goOn: (seed: number) => boolean, from: number): Promise<void> {
  const outcomes: Outcomes = new Map();
  try {
    await replayCorpus(target, outcomes);
    const end = await fuzz(target, { from, goOn, outcomes });
    const counts = JSON.stringify(Object.fromEntries(outcomes));
    print(`${target.name}: inputs ${from} to ${end - 1}: ${counts}`);
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error;
    const name = `failed-${crypto.randomUUID().slice(0, 8)}`;
    print(`${error.message}\nkept as ${keepInput(target.name, { name, bytes: error.input })}`);
    Deno.exitCode = 1;
  }
}

const names = TARGETS.map(({ name }) => name);
const name = options["target"];
const targets = TARGETS.filter((target) => name === undefined || target.name === name);
if (targets.length === 0) throw new RangeError(`No target ${name}: there are ${names.join(", ")}`);

for (const target of targets) {
  if (options["seed"] !== undefined) {
    const only = Number(options["seed"]);
    await run(target, (seed) => seed === only, only);
  } else {
    const endMs = performance.now() + Number(options["seconds"] ?? 60) * 1000 / targets.length;
    // Other inputs each time, unless told otherwise.
    const from = Number(options["from"] ?? crypto.getRandomValues(new Uint32Array(1))[0]);
    await run(target, () => performance.now() < endMs, from);
  }
}
