import { assertEquals, assertMatch } from "@std/assert";
import { resolve } from "node:path";
import { cacheDirectory, thisProgram } from "./this_program.ts";

Deno.test("thisProgram() that runs from source carries its cache and never downloads", () => {
  const { command, file } = thisProgram();
  assertEquals(file, undefined);
  assertMatch(
    command,
    /^env DENO_DIR=\/\S+ TOIL_MESOS_FROM_SOURCE=1 \S+ run .*--cached-only .*main\.ts$/,
  );
});

const DIRECTORIES: [Record<string, string>, string][] = [
  [{ DENO_DIR: "/cache", XDG_CACHE_HOME: "/xdg", HOME: "/own" }, "/cache"],
  [{ DENO_DIR: "cache" }, resolve("cache")],
  [{ XDG_CACHE_HOME: "/xdg", HOME: "/own" }, "/xdg/deno"],
  [{ XDG_CACHE_HOME: "xdg", HOME: "/own" }, "/own/.cache/deno"],
  [{ HOME: "/own" }, "/own/.cache/deno"],
  [{ HOME: "" }, "/passwd/.cache/deno"],
  [{}, "/passwd/.cache/deno"],
];

for (const [environment, expected] of DIRECTORIES) {
  Deno.test(`cacheDirectory() with ${JSON.stringify(environment)} is ${expected}`, () => {
    assertEquals(cacheDirectory(environment, "/passwd"), expected);
  });
}
