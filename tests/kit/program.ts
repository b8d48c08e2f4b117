/**
 * The program, and other modules that tests start as processes: from their source, or, in a run of
 * all tests, from bundles that it has made, which start faster. The bundle of the program knows its
 * own file, as what `compile.sh` makes does.
 *
 * @module
 */

import { basename, join } from "node:path";
import { thisProgram } from "../../setup/this_program.ts";
import { ROOT } from "./sources.ts";

const BUNDLES_VARIABLE = "TOIL_MESOS_TEST_BUNDLES";

const MAIN = "main.ts";

/** The modules that have a bundle in a run of all tests. */
const STARTED_MODULES = [
  MAIN,
  "tests/kit/agent_process.ts",
  "tests/kit/embedded_mesos.ts",
  "tests/kit/master_process.ts",
];

const FROM_SOURCE = [Deno.execPath(), "run", "--quiet", "--allow-all"];

/** The command of a module: program and arguments. */
export function commandOf(path: string): string[] {
  const bundles = Deno.env.get(BUNDLES_VARIABLE);
  return bundles === undefined
    ? [...FROM_SOURCE, join(ROOT, path)]
    : [join(bundles, basename(path, ".ts"))];
}

/** Starts this checkout's program. */
export const PROGRAM: readonly string[] = commandOf(MAIN);

/** Starts it from its source in any run. */
export const SOURCE_PROGRAM: readonly string[] = [...FROM_SOURCE, join(ROOT, MAIN)];

/** Words for a shell that start it as an executor, also where there is no `HOME`. */
export const SELF_COMMAND: string = PROGRAM.length === 1 ? PROGRAM.join() : thisProgram().command;

/**
 * Bundles the modules into a directory, and gives the variables of tests that use the bundles. The
 * scripts that start them are what `commandOf()` names. Each process loads no more of a bundle than
 * it needs: it is split where the program imports at run time.
 */
export async function writeBundles(directory: string): Promise<Record<string, string>> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "deno", "--code-splitting", "--outdir", directory],
      ...STARTED_MODULES,
    ],
    cwd: ROOT,
    stdout: "null",
  }).output();
  if (!success) throw new Error(`Cannot bundle ${STARTED_MODULES.join(", ")}`);
  for (const path of STARTED_MODULES) {
    const script = join(directory, basename(path, ".ts"));
    const bundle = join(directory, path.replace(/ts$/, "js"));
    // Deno's cache of code would keep each of them for ever.
    const variables = [`DENO_DIR='${directory}/cache'`];
    if (path === MAIN) variables.push(`TOIL_MESOS_PROGRAM="\${TOIL_MESOS_PROGRAM:-${script}}"`);
    const text = `#!/bin/sh\nexport ${variables.join(" ")}\n` +
      `exec '${Deno.execPath()}' run --quiet --allow-all --no-config '${bundle}' "$@"\n`;
    await Deno.writeTextFile(script, text, { mode: 0o755 });
  }
  return { [BUNDLES_VARIABLE]: directory };
}
