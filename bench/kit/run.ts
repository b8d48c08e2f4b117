/**
 * A run of sections, and what came of it.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT } from "../../tests/kit/sources.ts";
import type { SectionResult } from "./figure.ts";
import { currentSetting, type Setting } from "./machine.ts";
import { compileProgram } from "./program.ts";
import { COMPILED_SECTIONS } from "./sections.ts";

/** A section that takes longer has failed. */
const SECTION_TIMEOUT_MS = 200_000;

/** What a section has measured, or why it has not. */
export interface SectionReport extends SectionResult {
  readonly title: string;
  readonly seconds: number;
}

/** What a run has measured. */
export interface RunReport {
  readonly setting: Setting;
  readonly sections: Readonly<Record<string, SectionReport>>;
}

/** Runs sections one after the other; `started` hears of each. */
export async function runSections(
  names: readonly string[],
  started: (name: string) => void,
): Promise<RunReport> {
  const setting = currentSetting();
  const sections: Record<string, SectionReport> = {};
  const directory = await Deno.makeTempDir({ prefix: "toil-mesos-bench-program-" });
  try {
    if (names.some((name) => COMPILED_SECTIONS.includes(name))) {
      started("compile");
      await compileProgram(directory);
    }
    for (const name of names) {
      started(name);
      sections[name] = await runInProcess(name);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  return { setting, sections };
}

/** Runs a section in a process of its own, with further options of `deno run`. */
export async function runInProcess(
  name: string,
  options: readonly string[] = [],
): Promise<SectionReport> {
  const { success, code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--allow-all", "--config", join(ROOT, "deno.json")],
      // For a million jobs, and to collect garbage before memory is measured.
      "--v8-flags=--expose-gc,--max-old-space-size=6000",
      ...options,
      join(ROOT, "bench/run_section.ts"),
      name,
    ],
    signal: AbortSignal.timeout(SECTION_TIMEOUT_MS),
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) {
    // The others are worth having all the same.
    const reason = `the section failed, or took too long (exit code ${code})`;
    return { title: name, seconds: SECTION_TIMEOUT_MS / 1000, figures: [], skipped: [reason] };
  }
  return JSON.parse(new TextDecoder().decode(stdout));
}
