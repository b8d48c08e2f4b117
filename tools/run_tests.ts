/**
 * Runs the tests: `deno task test`, or `deno task test:unit` for those that stand beside the code.
 * `--skip=PATH,…` leaves out what begins with one of these; further arguments go to `deno test`.
 *
 * Each file has a process of its own: an executor adopts, and kills, orphaned descendants of its
 * whole process, which must not be those of other tests. Deno loads all modules again for each file,
 * which takes longer than most unit tests themselves. So one module imports all unit tests of a
 * folder, and one the conformance suite, whose tests then share a Mesos. What the tests start as
 * processes is bundled first. Types are for `deno check .`, which remembers its findings.
 *
 * @module
 */

import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { writeAllSync } from "../cli/terminal/output_stream.ts";
import { writeBundles } from "../tests/kit/program.ts";
import { allPaths, ROOT } from "../tests/kit/sources.ts";

const SUITES = "tests";
const UNIT_ONLY = "--unit";
const SKIP = "--skip=";

/** The suite whose files share a module. */
const SHARING = "conformance";

/** How many files of tests run at a time for each core: most suites wait for processes. */
const FILES_PER_CORE = 2;

/** Files of tests that take longest; they begin first, so that no core waits for them at the end. */
const LONGEST = [
  "guides/snakemake_test.ts",
  "faults/chaos_test.ts",
  "modules/conformance_test.ts",
  "faults/scheduler_test.ts",
  "sim/simulation_test.ts",
  "zookeeper/zookeeper_master_detector_test.ts",
  "cluster/gpus_test.ts",
  "cli/client_test.ts",
  "faults/master_test.ts",
  "faults/agent_test.ts",
  "cli/signals_test.ts",
  "cli/kill_grace_test.ts",
  "tests/documentation_test.ts",
  "fuzz/fuzz_test.ts",
  "library/library_test.ts",
];

/** The directories of a run. */
interface Places {
  /** Holds the modules that import the tests of a folder. */
  readonly modules: string;
  /** Holds what tests start as processes. */
  readonly bundles: string;
  /** For what the tests make: nothing is left in it by tests that pass. */
  readonly temporary: string;
}

/** What is asked for. */
interface Request {
  readonly isUnitOnly: boolean;
  /** How the paths of files begin that are left out. */
  readonly skipped: readonly string[];
  /** Arguments of `deno test`. */
  readonly args: readonly string[];
  /** Begins no further file. */
  readonly signal: AbortSignal;
}

function parse(args: readonly string[], signal: AbortSignal): Request {
  const isOwn = (arg: string) => arg === UNIT_ONLY || arg.startsWith(SKIP);
  return {
    isUnitOnly: args.includes(UNIT_ONLY),
    skipped: args.filter((arg) => arg.startsWith(SKIP)).flatMap((arg) =>
      arg.slice(SKIP.length).split(",")
    ),
    args: args.filter((arg) => !isOwn(arg)),
    signal,
  };
}

/** The folder whose tests one module imports; undefined for files of tests that stay alone. */
function folderOf(path: string): string | undefined {
  const [folder, suite] = path.split("/");
  if (folder !== SUITES) return folder;
  return suite === SHARING ? SHARING : undefined;
}

/** The files to run, the longest first; writes the modules that import the tests of a folder. */
async function filesOfTests(modules: string, { isUnitOnly, skipped }: Request): Promise<string[]> {
  const all = allPaths().filter((path) =>
    path.endsWith("_test.ts") && !(isUnitOnly && path.startsWith(`${SUITES}/`)) &&
    !skipped.some((start) => path.startsWith(start))
  );
  const files: string[] = [];
  for (const [folder, paths] of Map.groupBy(all, folderOf)) {
    const absolute = paths.map((path) => join(ROOT, path));
    if (folder === undefined) files.push(...absolute);
    else {
      const path = join(modules, `${folder}_test.ts`);
      const imports = absolute.map((each) => `import "${pathToFileURL(each)}";\n`);
      await Deno.writeTextFile(path, imports.join(""));
      files.push(path);
    }
  }
  return files.sort((one, other) => rank(one) - rank(other));
}

function rank(path: string): number {
  const index = LONGEST.findIndex((each) => path.endsWith(`/${each}`));
  return index < 0 ? LONGEST.length : index;
}

/** The files of a run that are not known to be good. */
interface Doubtful {
  readonly failed: readonly string[];
  /** Those that an interruption has left out. */
  readonly omitted: readonly string[];
}

/** Runs the tests. */
async function run(places: Places, request: Request): Promise<Doubtful> {
  const { modules, bundles, temporary } = places;
  const env = { TMPDIR: temporary, ...(request.isUnitOnly ? {} : await writeBundles(bundles)) };
  const command = ["test", "--allow-all", "--no-check", "--config", join(ROOT, "deno.json")];
  const files = await filesOfTests(modules, request);
  const failed: string[] = [];
  const runNext = async (): Promise<void> => {
    for (let path; !request.signal.aborted && (path = files.shift());) {
      const { success, stdout } = await new Deno.Command(Deno.execPath(), {
        args: [...command, ...request.args, path],
        cwd: ROOT,
        env,
        stdin: "null",
        stderr: "inherit",
      }).output();
      // At its end, so that no line is torn.
      writeAllSync(Deno.stdout, stdout);
      if (!success) failed.push(path);
    }
  };
  const perCore = request.isUnitOnly ? 1 : FILES_PER_CORE;
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency * perCore }, runNext));
  const named = (path: string) => path.startsWith(ROOT) ? relative(ROOT, path) : path;
  return { failed: failed.map(named), omitted: files.map(named) };
}

/** What the tests have left, with what is in it. */
function leftOvers(temporary: string): string[] {
  return [...Deno.readDirSync(temporary)].map(({ name, isDirectory }) => {
    const path = join(temporary, name);
    const names = isDirectory ? [...Deno.readDirSync(path)].map((entry) => entry.name) : [];
    return `${path}: ${isDirectory ? `a directory of ${names.join(", ") || "nothing"}` : "a file"}`;
  });
}

function complain(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  writeAllSync(Deno.stderr, new TextEncoder().encode(`${[title, ...lines].join("\n")}\n`));
}

// The tests are interrupted as well; what was made for them is removed afterwards.
const interruption = new AbortController();
Deno.addSignalListener("SIGINT", () => interruption.abort());
const directory = await Deno.makeTempDir({ prefix: "toil-mesos-tests-" });
const places = {
  modules: join(directory, "modules"),
  bundles: join(directory, "bundles"),
  temporary: join(directory, "tmp"),
};
for (const path of Object.values(places)) await Deno.mkdir(path);
const { failed, omitted } = await run(places, parse(Deno.args, interruption.signal));
const left = leftOvers(places.temporary);
complain("Tests have failed, see above:", failed);
complain("Tests have not run, because of the interruption:", omitted);
complain("The tests have left something:", left);
// A test that fails may leave what explains it.
const unneeded = left.length > 0 ? [places.modules, places.bundles] : [directory];
for (const path of unneeded) await Deno.remove(path, { recursive: true });
// The listener would keep the process.
Deno.exit(failed.length + omitted.length + left.length > 0 ? 1 : 0);
