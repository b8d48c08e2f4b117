/**
 * Runs the tests: `deno task test`, or `deno task test:unit` for those that stand beside the code.
 * Further arguments go to `deno test`.
 *
 * Deno loads all modules again for each file of tests, which takes longer than most unit tests
 * themselves. So one module imports all unit tests of a folder, and one the conformance suite, whose
 * tests then share a Mesos. What the tests start as processes is bundled first. Types are for
 * `deno check .`, which remembers its findings.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeBundles } from "../tests/kit/program.ts";
import { allPaths, ROOT } from "../tests/kit/sources.ts";

const SUITES = "tests";
const UNIT_ONLY = "--unit";

/** How many files of tests run at a time for each core: most suites wait for processes. */
const FILES_PER_CORE = 2;

/** Files of tests that take longest; they begin first, so that no core waits for them at the end. */
const LONGEST = [
  "guides/snakemake_test.ts",
  "faults/chaos_test.ts",
  "modules/conformance_test.ts",
  "faults/scheduler_test.ts",
  "cli/client_test.ts",
  "zookeeper/zookeeper_master_detector_test.ts",
  "sim/simulation_test.ts",
  "library/library_test.ts",
  "cluster/gpus_test.ts",
  "faults/master_test.ts",
  "faults/agent_test.ts",
  "cli/signals_test.ts",
  "cli/kill_grace_test.ts",
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

/**
 * Parts of the tests that have a process to themselves, with one file at a time: they adopt, and
 * kill, orphaned descendants of the whole process. In one with others these would be the executors
 * of an agent that a test has killed.
 */
const ADOPTING_REGEXP = /\/(modules\/process|modules\/scheduler|tests\/executor\/\w+)_test\.ts$/;

/** Names the part: a module is one by itself, the files of a suite are one together. */
function partOf(path: string): string {
  return path.startsWith(ROOT) ? dirname(path) : path;
}

/** The suite whose files share a module. */
const SHARING = "conformance";

/** The folder whose tests one module imports; undefined for files of tests that stay alone. */
function folderOf(path: string): string | undefined {
  const [folder, suite] = path.split("/");
  if (folder !== SUITES) return folder;
  return suite === SHARING ? SHARING : undefined;
}

/** The paths of all tests; writes the modules that import those of a folder. */
async function pathsOfTests(modules: string, isUnitOnly: boolean): Promise<string[]> {
  const all = allPaths().filter((path) =>
    path.endsWith("_test.ts") && !(isUnitOnly && path.startsWith(`${SUITES}/`))
  );
  const paths: string[] = [];
  for (const [folder, files] of Map.groupBy(all, folderOf)) {
    const absolute = files.map((path) => join(ROOT, path));
    if (folder === undefined) paths.push(...absolute);
    else {
      const path = join(modules, `${folder}_test.ts`);
      const imports = absolute.map((each) => `import "${pathToFileURL(each)}";\n`);
      await Deno.writeTextFile(path, imports.join(""));
      paths.push(path);
    }
  }
  return paths.sort((one, other) => rank(one) - rank(other));
}

function rank(path: string): number {
  const index = LONGEST.findIndex((each) => path.endsWith(`/${each}`));
  return index < 0 ? LONGEST.length : index;
}

/** Runs the tests; resolves to the exit code. */
async function run(places: Places, args: readonly string[]): Promise<number> {
  const isUnitOnly = args.includes(UNIT_ONLY);
  const { modules, bundles, temporary } = places;
  const env = { TMPDIR: temporary, ...(isUnitOnly ? {} : await writeBundles(bundles)) };
  const test = (paths: string[], jobs: number) =>
    new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "--allow-all", "--no-check", "--parallel", "--config", join(ROOT, "deno.json")],
        ...[...args.filter((arg) => arg !== UNIT_ONLY), ...paths],
      ],
      cwd: ROOT,
      env: { ...env, DENO_JOBS: String(jobs) },
      stderr: "inherit",
    });
  const { adopting = [], others = [] } = Object.groupBy(
    await pathsOfTests(modules, isUnitOnly),
    (path) => ADOPTING_REGEXP.test(path) ? "adopting" : "others",
  );
  const jobs = navigator.hardwareConcurrency * (isUnitOnly ? 1 : FILES_PER_CORE);
  const main = test(others, jobs).spawn().status;
  const outputs: Deno.CommandOutput[] = [];
  for (const paths of Map.groupBy(adopting, partOf).values()) {
    outputs.push(await test(paths, 1).output());
  }
  const { code } = await main;
  // At the end, so that no line is torn.
  for (const { stdout } of outputs) {
    await new Blob([stdout]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
  }
  return [...outputs.map((output) => output.code), code].find((each) => each !== 0) ?? 0;
}

/** What the tests have left, with what is in it. */
function leftOvers(temporary: string): string[] {
  return [...Deno.readDirSync(temporary)].map(({ name, isDirectory }) => {
    const path = join(temporary, name);
    const names = isDirectory ? [...Deno.readDirSync(path)].map((entry) => entry.name) : [];
    return `${path}: ${isDirectory ? `a directory of ${names.join(", ") || "nothing"}` : "a file"}`;
  });
}

// The tests are interrupted as well; what was made for them is removed afterwards.
Deno.addSignalListener("SIGINT", () => {});
const directory = await Deno.makeTempDir({ prefix: "toil-mesos-tests-" });
const places = {
  modules: join(directory, "modules"),
  bundles: join(directory, "bundles"),
  temporary: join(directory, "tmp"),
};
for (const path of Object.values(places)) await Deno.mkdir(path);
const code = await run(places, Deno.args);
const left = leftOvers(places.temporary);
if (left.length > 0) {
  // A test that fails may leave what explains it.
  const text = [`The tests have left something:`, ...left].join("\n");
  await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
  for (const path of [places.modules, places.bundles]) {
    await Deno.remove(path, { recursive: true });
  }
} else await Deno.remove(directory, { recursive: true });
// The listener would keep the process.
Deno.exit(code === 0 && left.length > 0 ? 1 : code);
