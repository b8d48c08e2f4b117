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

import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { allPaths } from "../tests/kit/sources.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const SUITES = "tests";
const UNIT_ONLY = "--unit";

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
async function run(directory: string, args: readonly string[]): Promise<number> {
  const suites = args.includes(UNIT_ONLY) ? [] : [SUITES];
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--allow-all", "--no-check", "--parallel", "--config", join(ROOT, "deno.json")],
      ...[...args.filter((arg) => arg !== UNIT_ONLY), directory, ...suites],
    ],
    cwd: ROOT,
  }).spawn().status;
  return code;
}

// The tests are interrupted as well; what was made for them is removed afterwards.
Deno.addSignalListener("SIGINT", () => {});
const directory = await Deno.makeTempDir({ prefix: "toil-mesos-unit-" });
try {
  await writeModules(directory);
  Deno.exitCode = await run(directory, Deno.args);
} finally {
  await Deno.remove(directory, { recursive: true });
}
// The listener would keep the process.
Deno.exit();
