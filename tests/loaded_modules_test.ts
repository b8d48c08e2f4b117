/**
 * What is loaded before an executor has its first task, as it starts on every node and its memory is
 * taken off the jobs, and before a client asks its scheduler, as workflow engines start one per job.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./kit/sources.ts";

/** What an executor loads, one after another; see main.ts and cli/executor_start.ts. */
const EXECUTOR_ENTRIES = [
  "main.ts",
  "cli/executor_start.ts",
  "mesos/executor_driver.ts",
  "executor/run_executor.ts",
];

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

/** What a client loads to submit jobs and ask about them. */
const CLIENT_ENTRIES = ["main.ts", "cli/program.ts"];

/** The scheduler and Mesos, with all that they need, and the large parts of Node. */
const SERVICE_REGEXP =
  /^npm:(protobufjs|node-zookeeper-client|fflate|ignore)\b|^node:(sqlite|fs|zlib|crypto|http|stream)\b|(batch_system|agent_server|run_executor|openapi)\.ts$/;

/** Everything that these modules import at once, with the way to it. */
async function staticImports(...entries: string[]): Promise<Map<string, string>> {
  const all = await Promise.all(entries.map(importsOf));
  return new Map(all.flatMap((ways) => [...ways]));
}

async function importsOf(entry: string): Promise<Map<string, string>> {
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

/** The ways to the modules that the expression finds among what these entries import. */
async function waysTo(regexp: RegExp, entries: readonly string[]): Promise<string[]> {
  const ways = await staticImports(...entries);
  assert(ways.size > 20, `${ways.size} modules from ${entries}`);
  return [...ways].filter(([specifier]) => regexp.test(specifier)).map(([, way]) => way);
}

Deno.test("an executor loads no schemas, no store, no ZooKeeper, no archives and no streams", async () => {
  assertEquals(await waysTo(FORBIDDEN_REGEXP, EXECUTOR_ENTRIES), []);
});

Deno.test("a client loads no scheduler, no executor, no Mesos, no store and no streams", async () => {
  assertEquals(await waysTo(SERVICE_REGEXP, CLIENT_ENTRIES), []);
});

Deno.test("the test finds what it looks for", async () => {
  const ways = await staticImports(
    "cli/scheduler/run_scheduler.ts",
    "mesos/detector/zookeeper_master_detector.ts",
  );
  for (const name of ["npm:zod", "npm:node-zookeeper-client", "node:sqlite"]) {
    const specifiers = [...ways.keys()].filter((specifier) => specifier.startsWith(name));
    assert(specifiers.every((specifier) => FORBIDDEN_REGEXP.test(specifier)));
    assert(specifiers.length > 0, `${name} is not found`);
  }
  for (const name of ["npm:protobufjs", "/scheduler/batch_system.ts", "node:zlib"]) {
    const specifiers = [...ways.keys()].filter((specifier) => specifier.includes(name));
    assert(specifiers.some((specifier) => SERVICE_REGEXP.test(specifier)), name);
  }
});
