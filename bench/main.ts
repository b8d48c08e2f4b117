/**
 * The benchmark: `deno task bench [SECTION…] [--json] [--record]`, or `deno task bench` with
 * `--guard` or `--profile`.
 *
 * ```text
 *  sections, each in a process ──► figures ──► table or JSON
 *                                     └─ --record ──► bench/results/, docs/performance.md, plots
 *  --profile: processes under --cpu-prof ──► flame graphs in docs/performance/
 *  --guard: a short form ──► ratios ──► compared with bench/results/guard.json
 * ```
 *
 * @module
 */

import {
  compare,
  type Comparison,
  formatComparisons,
  hasFailed,
  type Ratios,
} from "./kit/comparison.ts";
import { recordProfiles } from "./kit/profile.ts";
import { readRatios, recordRatios, recordRun } from "./kit/record.ts";
import { runSections } from "./kit/run.ts";
import { GUARD, SECTIONS } from "./kit/sections.ts";
import { formatRun } from "./kit/table.ts";

const USAGE = `Usage: deno task bench [SECTION…] [--json] [--record]
       deno task bench --guard [--record]
       deno task bench --profile

Sections: ${Object.keys(SECTIONS).join(", ")}; default: all of them.
  --json     write the figures as JSON
  --record   keep them in bench/results/ and docs/performance.md
  --guard    compare ratios with the recorded ones; fails when one is worse than half of it
  --profile  draw flame graphs of executor, scheduler and cluster in docs/performance/
  --help     show this text`;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const FLAGS = ["--json", "--record", "--guard", "--profile", "--help"];

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  stream.writeSync(new TextEncoder().encode(`${text}\n`));
}

function announce(section: string): void {
  write(Deno.stderr, `bench: ${section} …`);
}

async function run(): Promise<number> {
  const names = Deno.args.filter((arg) => !FLAGS.includes(arg));
  const unknown = names.filter((name) => !(name in SECTIONS));
  if (Deno.args.includes("--help") || unknown.length > 0) {
    if (unknown.length > 0) write(Deno.stderr, `Unknown: ${unknown.join(", ")}`);
    write(Deno.stderr, USAGE);
    return unknown.length > 0 ? EXIT_USAGE : 0;
  }
  if (Deno.args.includes("--guard")) return await guard();
  if (Deno.args.includes("--profile")) {
    await recordProfiles(announce);
    return 0;
  }
  const wanted = names.length > 0 ? names : Object.keys(SECTIONS);
  const report = await runSections(wanted, announce);
  write(Deno.stdout, Deno.args.includes("--json") ? JSON.stringify(report) : formatRun(report));
  if (Deno.args.includes("--record")) await recordRun(report);
  return 0;
}

/** What a busy machine has spoilt is measured once more. */
const MAX_GUARD_PASSES = 2;

async function guard(): Promise<number> {
  const recorded = await readRatios();
  const measured: Ratios[] = [];
  let comparisons: Comparison[] = [];
  do {
    const { sections } = await runSections([GUARD], announce);
    const figures = sections[GUARD]?.figures ?? [];
    measured.push(Object.fromEntries(figures.map(({ name, value }) => [name, value])));
    comparisons = compare(measured, recorded);
  } while (hasFailed(comparisons) && measured.length < MAX_GUARD_PASSES);
  write(Deno.stdout, formatComparisons(comparisons));
  if (Deno.args.includes("--record")) {
    await recordRatios(Object.fromEntries(comparisons.map(({ name, now }) => [name, now])));
  } else if (hasFailed(comparisons)) {
    write(
      Deno.stderr,
      "bench: a ratio is worse than half of the recorded one; see docs/performance.md",
    );
    return EXIT_FAILED;
  }
  return 0;
}

Deno.exitCode = await run();
