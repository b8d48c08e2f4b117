/**
 * That docs/reference/limits.md tells the truth, and all of it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { ROOT, shippedPaths } from "./kit/sources.ts";

/** A row: a bound, its value, and the file that it stands in. */
const ROW_REGEXP = /^\| `([\w.]+)` +\| ([^|]+?) +\| `([\w/]+\.ts)` +\|/gm;

/** Units by their names, in those that names of constants end with. */
const UNITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  MS: { ms: 1, s: 1_000, min: 60_000 },
  SECONDS: { s: 1, min: 60, days: 86_400 },
  BYTES: { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
};

/** Named `MAX_…`, but no bounds on what comes from outside. */
const NO_BOUNDS = [
  "MAX_CHARACTER_BYTES",
  "MAX_16",
  "MAX_32",
  "MAX_NAME_COLUMNS",
  "MAX_PORT",
  "MAX_UUID_VERSION",
];

interface Row {
  readonly name: string;
  readonly path: string;
  readonly value: string;
}

function rows(): Row[] {
  const page = Deno.readTextFileSync(join(ROOT, "docs/reference/limits.md"));
  return [...page.matchAll(ROW_REGEXP)].map(([, name = "", value = "", path = ""]) => ({
    name,
    path,
    value,
  }));
}

/** The value of sums, products and powers of numbers, such as `2 ** 31 - 1`. */
function evaluate(expression: string): number {
  const [first = NaN, ...others] = expression.split(" - ").map((difference) =>
    difference.split(" / ").map((quotient) =>
      quotient.split(" * ").map((product) =>
        product.split(" ** ").map(number).reduce((base, exponent) => base ** exponent)
      ).reduce((a, b) => a * b)
    ).reduce((a, b) => a / b)
  );
  return others.reduce((a, b) => a - b, first);
}

function number(text: string): number {
  if (text === "MIB") return 2 ** 20;
  if (text === "Number.MAX_SAFE_INTEGER") return Number.MAX_SAFE_INTEGER;
  return /^[\d_.]+(e\d+)?$/.test(text) ? Number(text.replaceAll("_", "")) : NaN;
}

/** What the code says: `const NAME = …;`, or for `NAME.member` a member or its default. */
function valueInCode({ name, path }: Row): number {
  const code = Deno.readTextFileSync(join(ROOT, path));
  const [constant = "", member] = name.split(".");
  const start = code.search(new RegExp(`(const|interface) ${constant}\\b`));
  const regexp = member === undefined
    ? /= ([^;]+);/
    : new RegExp(`\\b${member}(?::| \\?\\?|: options\\.${member} \\?\\?) ([\\d_* A-Z]+)[,\\s}]`);
  return start < 0 ? NaN : evaluate(regexp.exec(code.slice(start))?.[1]?.trim() ?? "");
}

/** What the page says, in the unit that the name of the constant ends with. */
function valueInPage({ name, value }: Row): number {
  const [amount = "", unit] = value.split(" ");
  const [suffix = ""] = /[A-Z]+$/.exec(name.replace(/([a-z])(Ms|Bytes)$/, "$1_$2").toUpperCase()) ??
    [];
  return Number(amount) * (unit === undefined ? 1 : UNITS[suffix]?.[unit] ?? NaN);
}

Deno.test("every bound of docs/reference/limits.md is in the code, with this value", () => {
  const all = rows();
  assert(all.length > 70, `${all.length} rows`);
  for (const row of all) {
    const value = valueInCode(row);
    assert(Number.isFinite(value), `${row.name} is not in ${row.path}`);
    assertEquals(valueInPage(row), value, `${row.name} of ${row.path}`);
  }
  const keys = all.map(({ name, path }) => `${name} ${path}`);
  assertEquals(keys.length, new Set(keys).size);
});

Deno.test("every MAX_… of the code is in docs/reference/limits.md", () => {
  const told = new Set(rows().map(({ name, path }) => `${name} ${path}`));
  const missing = shippedPaths().flatMap((path) => {
    const code = Deno.readTextFileSync(join(ROOT, path));
    return [...code.matchAll(/\bconst ((?:\w+_)?MAX_\w+)(?:: number)? = /g)]
      .map(([, name = ""]) => name)
      .filter((name) => !NO_BOUNDS.includes(name) && !told.has(`${name} ${path}`))
      .map((name) => `${name} ${path}`);
  });
  assertEquals(missing, []);
});
