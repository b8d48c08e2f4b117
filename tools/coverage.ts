/**
 * Runs the tests that work in their own process and prints the line coverage of each folder:
 * `deno task coverage`.
 *
 * @module
 */

import { join, relative } from "node:path";
import { ROOT } from "../tests/kit/sources.ts";

/** Suites whose code runs in processes that they start, where nothing is counted, or not at all. */
const UNCOUNTED = ["cli", "compile", "conformance", "faults", "guides", "library", "page"];

/** Runs Deno; what it says is seen, or given back. */
async function deno(args: string[], stdout: "inherit" | "piped"): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdout, stderr: "inherit" })
    .spawn();
  const text = stdout === "piped" ? await new Response(child.stdout).text() : "";
  const { success } = await child.status;
  if (!success) throw new Error(`Cannot measure: deno ${args[0]} has failed`);
  return text;
}

/** Lines with code and lines that ran, by folder, from an LCOV report. */
function byFolder(report: string): Map<string, { lines: number; hit: number }> {
  const folders = new Map<string, { lines: number; hit: number }>();
  let folder = "";
  for (const line of report.split("\n")) {
    const [key, value = ""] = line.split(/:(.*)/s);
    if (key === "SF") folder = relative(ROOT, value).split("/").slice(0, -1).join("/") || ".";
    const sums = folders.get(folder) ?? { lines: 0, hit: 0 };
    if (key === "LF") folders.set(folder, { ...sums, lines: sums.lines + Number(value) });
    if (key === "LH") folders.set(folder, { ...sums, hit: sums.hit + Number(value) });
  }
  return folders;
}

const directory = await Deno.makeTempDir({ prefix: "toil-mesos-coverage-" });
try {
  await deno(
    [
      ...[
        "run",
        "--allow-all",
        join(ROOT, "tools/run_tests.ts"),
        "--quiet",
        "--reporter=dot",
        "--coverage-raw-data-only",
      ],
      `--skip=${UNCOUNTED.map((suite) => `tests/${suite}/`).join()}`,
      `--coverage=${directory}`,
    ],
    "inherit",
  );
  const report = await deno(
    ["coverage", "--lcov", "--exclude=_test\\.ts|testing\\.ts|^file:.*/(tests|tools)/", directory],
    "piped",
  );
  const total = { lines: 0, hit: 0 };
  for (const [folder, { lines, hit }] of [...byFolder(report)].toSorted()) {
    total.lines += lines;
    total.hit += hit;
    // deno-lint-ignore no-console -- it is what this prints
    console.log(`${folder.padEnd(24)} ${(100 * hit / lines).toFixed(1).padStart(5)} %`);
  }
  // deno-lint-ignore no-console -- it is what this prints
  console.log(`${"all".padEnd(24)} ${(100 * total.hit / total.lines).toFixed(1).padStart(5)} %`);
} finally {
  await Deno.remove(directory, { recursive: true });
}
