/**
 * That docs/reference/limits.md has every bound, with the value that it has in the code.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  generateLimitsPage,
  keyOf,
  LIMITS_PAGE,
  limitsInTemplate,
} from "../tools/generate_limits.ts";
import { ROOT, shippedPaths } from "./kit/sources.ts";

/** Named `MAX_…`, but no bounds of input from outside. */
const NO_BOUNDS = [
  "MAX_CHARACTER_BYTES",
  "MAX_BYTES_PER_UNIT",
  "MAX_16",
  "MAX_32",
  "MAX_NAME_COLUMNS",
  "MAX_PORT",
];

Deno.test("docs/reference/limits.md has the values of the code; run `deno task generate` after a change", async () => {
  assertEquals(await Deno.readTextFile(join(ROOT, LIMITS_PAGE)), await generateLimitsPage());
});

Deno.test("no bound is in the table of limits twice", () => {
  const keys = limitsInTemplate().map(({ name, path }) => keyOf(name, path));
  assertEquals(keys.filter((key, index) => keys.indexOf(key) !== index), []);
});

Deno.test("every MAX_… of the code is in tools/limits.md", () => {
  const known = new Set(limitsInTemplate().map(({ name, path }) => keyOf(name, path)));
  const missing = shippedPaths().flatMap((path) => {
    const code = Deno.readTextFileSync(join(ROOT, path));
    return [...code.matchAll(/\bconst ((?:\w+_)?MAX_\w+)(?:: number)? = /g)]
      .map(([, name = ""]) => name)
      .filter((name) => !NO_BOUNDS.includes(name))
      .map((name) => keyOf(name, path))
      .filter((key) => !known.has(key));
  });
  assertEquals(missing, []);
});
