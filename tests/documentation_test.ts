/**
 * That all that the entry points export is documented, and that generated pages are up to date.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join } from "node:path";
import { formatMarkdown, generateOptionsPage, OPTIONS_PAGE } from "../tools/generate_options.ts";
import { allPaths, ROOT, shippedPaths } from "./kit/sources.ts";

/** The command line is a program, not a library. */
const NO_LIBRARY = "./main.ts";

Deno.test("deno doc --lint accepts the entry points", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "doc",
      "--lint",
      ...Object.values<string>(exports).filter((path) => path !== NO_LIBRARY),
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "null",
  }).output();
  assertEquals(success ? "" : new TextDecoder().decode(stderr), "");
});

Deno.test("docs/options.md has what the options say; run `deno task generate` after a change", async () => {
  const page = await Deno.readTextFile(join(ROOT, OPTIONS_PAGE));
  assertEquals(page, await formatMarkdown(generateOptionsPage()));
});

Deno.test("ARCHITECTURE.md names every file of the scheduler's core, and no file that is missing", async () => {
  const text = await Deno.readTextFile(join(ROOT, "ARCHITECTURE.md"));
  const named = new Set([...text.matchAll(/(?<!\*)\b(\w+\.ts)\b/g)].map(([, name = ""]) => name));
  const names = shippedPaths().map((path) => basename(path));
  assertEquals([...named].filter((name) => !names.includes(name)), []);
  const core = shippedPaths().filter((path) => dirname(path) === "scheduler/core");
  assertEquals(core.map((path) => basename(path)).filter((name) => !named.has(name)), []);
});

Deno.test("the tests that docs/reference/toil-defects.md names exist", async () => {
  const text = await Deno.readTextFile(join(ROOT, "docs/reference/toil-defects.md"));
  const names = new Set(allPaths().map((path) => basename(path)));
  const named = [...text.matchAll(/\b\w+_test\b/g)].map(([name]) => `${name}.ts`);
  assertEquals(named.filter((name) => !names.has(name)), []);
  assert(named.length > 30);
});

Deno.test("links between the documents lead somewhere", async () => {
  const broken: string[] = [];
  for (const path of allPaths().filter((each) => each.endsWith(".md"))) {
    const text = await Deno.readTextFile(join(ROOT, path));
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
      const isThere = await Deno.stat(join(ROOT, dirname(path), target)).catch(() => undefined);
      if (!isThere) broken.push(`${path}: ${target}`);
    }
  }
  assertEquals(broken, []);
});

Deno.test("the examples of docstrings run", async () => {
  const paths = shippedPaths().filter((path) =>
    /@example[^]*?```ts\n/.test(Deno.readTextFileSync(join(ROOT, path)))
  );
  const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
    // The names that it imports by itself would be unused, which our type check refuses.
    args: ["test", "--doc", "--no-check", "--allow-all", ...paths],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(success, output);
  const [, passed] = /(\d+) passed/.exec(output) ?? [];
  assert(Number(passed) >= 15, output);
});
