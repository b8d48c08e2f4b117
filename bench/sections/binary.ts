/**
 * The compiled program.
 *
 * @module
 */

import type { Section, SectionResult } from "../kit/figure.ts";
import { compiledProgram } from "../kit/program.ts";
import { median, timed } from "../kit/statistics.ts";

const STARTS = 7;

/** The section. */
export const binarySection: Section = { title: "The program as one file", run };

async function run(): Promise<SectionResult> {
  const program = compiledProgram();
  if (!program) return { figures: [], skipped: ["the program was not compiled"] };
  const starts: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const { ms } = await timed(() =>
      new Deno.Command("/bin/sh", { args: ["-c", `exec ${program.command} --version`] }).output()
    );
    starts.push(ms);
  }
  const { size } = await Deno.stat(program.file);
  return {
    figures: [
      { name: "size", value: size / 1e6, unit: "MB" },
      { name: "--version, p50", value: median(starts), unit: "ms", note: "unpacked before" },
    ],
  };
}
