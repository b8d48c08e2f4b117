/**
 * What an executor loads before its first task: it starts on every node, and its memory is taken off
 * the jobs.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../kit/sources.ts";

/** Where an executor starts; see main.ts. */
const ENTRIES = ["main.ts", "cli/executor_start.ts"];

/** Schemas, the store, ZooKeeper, archives, and the large parts of Node. */
const FORBIDDEN_REGEXP =
  /^npm:(zod|node-zookeeper-client|fflate|ignore)\b|^node:(sqlite|fs|zlib|crypto|http|stream)\b/;

interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier?: string };
  }[];
}

/** Everything that a module imports at once, with the way to it. */
async function staticImports(entry: string): Promise<Map<string, string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
  }).output();
  const modules: ModuleInfo[] = JSON.parse(new TextDecoder().decode(stdout)).modules;
  const bySpecifier = new Map(modules.map((each) => [each.specifier, each]));
  const root = pathToFileURL(join(ROOT, entry)).href;
  const ways = new Map([[root, entry]]);
  for (const [from, way] of ways) {
    for (const { isDynamic, code } of bySpecifier.get(from)?.dependencies ?? []) {
      const to = code?.specifier;
      if (isDynamic || to === undefined || ways.has(to)) continue;
      ways.set(to, `${way} → ${to.replace(pathToFileURL(ROOT).href, "")}`);
    }
  }
  return ways;
}

Deno.test("an executor loads no schemas, no store, no ZooKeeper, no archives and no streams", async () => {
  for (const entry of ENTRIES) {
    const ways = await staticImports(entry);
    assert(ways.size > 20, `${ways.size} modules from ${entry}`);
    const found = [...ways].filter(([specifier]) => FORBIDDEN_REGEXP.test(specifier))
      .map(([, way]) => way);
    assertEquals(found, []);
  }
});

Deno.test("the test finds what it looks for", async () => {
  const ways = await staticImports("cli/program.ts");
  for (const name of ["npm:zod", "npm:node-zookeeper-client", "node:sqlite"]) {
    const specifiers = [...ways.keys()].filter((specifier) => specifier.startsWith(name));
    assert(specifiers.every((specifier) => FORBIDDEN_REGEXP.test(specifier)));
    assert(specifiers.length > 0, `${name} is not found`);
  }
});
