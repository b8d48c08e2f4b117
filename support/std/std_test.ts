import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as ours from "@std/assert";
import * as std from "deno-std/assert/mod.js";
import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";

Deno.test("every assertion declared here exists in the standard library", () => {
  for (const name of Object.keys(ours)) {
    assert(
      typeof (std as unknown as Record<string, unknown>)[name] === "function",
      `${name} is not in deno-std`,
    );
  }
});

Deno.test("assertions fail when they should", async () => {
  assertThrows(() => assertEquals(1, 2));
  await assertRejects(() => Promise.reject(new RangeError("x")), RangeError, "x");
});

Deno.test("parseArgs() keeps the shape its declaration promises", () => {
  const unknown: string[] = [];
  const parsed = parseArgs(["a", "--x", "1", "--r", "p", "--r=q", "--flag", "--what"], {
    string: ["x", "r"],
    boolean: ["flag"],
    collect: ["r"],
    alias: {},
    unknown: (arg) => (arg.startsWith("-") ? (unknown.push(arg), false) : true),
  });
  assertEquals(parsed["x"], "1");
  assertEquals(parsed["r"], ["p", "q"]);
  assertEquals(parsed["flag"], true);
  assertEquals(parsed._, ["a"]);
  assertEquals(unknown, ["--what"]);
});

Deno.test("closestString() finds the near miss", () => {
  assertEquals(closestString("endpiont", ["jobs", "endpoint", "name"]), "endpoint");
});
