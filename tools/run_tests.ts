/**
 * Runs the tests: `deno task test`, or `deno task test:unit` for those that stand beside the code.
 * Further arguments go to `deno test`.
 *
 * Deno loads all modules again for each file of tests, which takes longer than most unit tests
 * themselves. So one module imports all unit tests of a folder. Types are for `deno check .`, which
 * remembers its findings.
 *
 * @module
 */

import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { allPaths, ROOT } from "../tests/kit/sources.ts";

const SUITES = "tests";
const UNIT_ONLY = "--unit";

/** How many files of tests run at a time for each core: most suites wait for processes. */
const FILES_PER_CORE = 2;

/** The directories of a run. */
interface Places {
  /** Holds the modules that import the unit tests. */
  readonly modules: string;
  /** For what the tests make: nothing is left in it by tests that pass. */
  readonly temporary: string;
}

/**
 * Parts of the tests that have a process to themselves, with one file at a time: they adopt, and
 * kill, orphaned descendants of the whole process. In one with others these would be the executors
 * of an agent that a test has killed.
 */
const ADOPTING = ["process_test.ts", "scheduler_test.ts", "executor"];

/** Writes the modules that import the unit tests, one for each folder. */
async function writeModules(directory: string): Promise<void> {
  const paths = allPaths().filter((path) =>
    path.endsWith("_test.ts") && !path.startsWith(`${SUITES}/`)
  );
  for (const [folder, files = []] of Map.groupBy(paths, (path) => path.split("/")[0] ?? "")) {
    const imports = files.map((path) => `import "${pathToFileURL(join(ROOT, path))}";\n`);
    await Deno.writeTextFile(join(directory, `${folder}_test.ts`), imports.join(""));
  }
}

/** Runs the tests; resolves to the exit code. */
async function run({ modules, temporary }: Places, args: readonly string[]): Promise<number> {
  const isUnitOnly = args.includes(UNIT_ONLY);
  const test = (paths: string[], jobs: number) =>
    new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "--allow-all", "--no-check", "--parallel", "--config", join(ROOT, "deno.json")],
        ...[...args.filter((arg) => arg !== UNIT_ONLY), ...paths],
      ],
      cwd: ROOT,
      env: { DENO_JOBS: String(jobs), TMPDIR: temporary },
      stderr: "inherit",
    });
  const suites = isUnitOnly ? [] : pathsIn(join(ROOT, SUITES));
  const { adopting = [], others = [] } = Object.groupBy(
    [...pathsIn(modules), ...suites],
    (path) => ADOPTING.includes(basename(path)) ? "adopting" : "others",
  );
  const jobs = navigator.hardwareConcurrency * (isUnitOnly ? 1 : FILES_PER_CORE);
  const main = test(others, jobs).spawn().status;
  const outputs: Deno.CommandOutput[] = [];
  for (const path of adopting) outputs.push(await test([path], 1).output());
  const { code } = await main;
  // At the end, so that no line is torn.
  for (const { stdout } of outputs) {
    await new Blob([stdout]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
  }
  return [...outputs.map((output) => output.code), code].find((each) => each !== 0) ?? 0;
}

function pathsIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => join(directory, name));
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
const places = { modules: join(directory, "modules"), temporary: join(directory, "tmp") };
await Deno.mkdir(places.modules);
await Deno.mkdir(places.temporary);
await writeModules(places.modules);
const code = await run(places, Deno.args);
const left = leftOvers(places.temporary);
if (left.length > 0) {
  // A test that fails may leave what explains it.
  const text = [`The tests have left something:`, ...left].join("\n");
  await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
  await Deno.remove(places.modules, { recursive: true });
} else await Deno.remove(directory, { recursive: true });
// The listener would keep the process.
Deno.exit(code === 0 && left.length > 0 ? 1 : code);
