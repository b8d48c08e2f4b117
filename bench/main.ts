/**
 * The benchmark: `deno task bench [SECTION…] [--json] [--record]`.
 *
 * ```text
 *  sections, each in a process ──► figures ──► table or JSON
 *                                     └─ --record ──► bench/results/, docs/performance.md, plots
 * ```
 *
 * @module
 */

import { recordRun } from "./kit/record.ts";
import { runSections } from "./kit/run.ts";
import { SECTIONS } from "./kit/sections.ts";
import { formatRun } from "./kit/table.ts";

const USAGE = `Usage: deno task bench [SECTION…] [--json] [--record]

Sections: ${Object.keys(SECTIONS).join(", ")}; default: all of them.
  --json     write the figures as JSON
  --record   keep them in bench/results/ and docs/performance.md
  --help     show this text`;

const EXIT_USAGE = 2;

const FLAGS = ["--json", "--record", "--help"];

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  stream.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function run(): Promise<number> {
  const names = Deno.args.filter((arg) => !FLAGS.includes(arg));
  const unknown = names.filter((name) => !(name in SECTIONS));
  if (Deno.args.includes("--help") || unknown.length > 0) {
    if (unknown.length > 0) write(Deno.stderr, `Unknown: ${unknown.join(", ")}`);
    write(Deno.stderr, USAGE);
    return unknown.length > 0 ? EXIT_USAGE : 0;
  }
  const wanted = names.length > 0 ? names : Object.keys(SECTIONS);
  const report = await runSections(wanted, (name) => write(Deno.stderr, `bench: ${name} …`));
  write(Deno.stdout, Deno.args.includes("--json") ? JSON.stringify(report) : formatRun(report));
  if (Deno.args.includes("--record")) await recordRun(report);
  return 0;
}

Deno.exitCode = await run();
