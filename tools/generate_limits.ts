/**
 * Generates docs/reference/limits.md from tools/limits.md, with the values that the constants have:
 * `deno task generate`. Most constants are private, so the values come from a copy of the modules in
 * which each also exports its own.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { allPaths, ROOT } from "../tests/kit/sources.ts";
import { formatMarkdown } from "./generate_options.ts";

/** The page, relative to the root. */
export const LIMITS_PAGE = "docs/reference/limits.md";

const TEMPLATE = "tools/limits.md";
const EXPORT_NAME = "limitsOfThisModule";

/** A row of the template: a constant or a member of one, its module, and the consequence. */
const ROW_REGEXP = /^\| `([\w.]+)` \| `([\w/]+\.ts)` \| (.*) \|$/gm;

const NO_CODE_REGEXP = /^(bench|docs|examples|python|tests)\/|(_test|\/testing)\.ts$/;

/** Units, largest first, by the suffix of a constant's name. */
const UNITS: Readonly<Record<string, readonly (readonly [unit: string, size: number])[]>> = {
  MS: [["days", 86_400_000], ["min", 60_000], ["s", 1_000], ["ms", 1]],
  SECONDS: [["days", 86_400], ["min", 60], ["s", 1]],
  BYTES: [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10], ["B", 1]],
};

/** A bound, as `NAME module.ts`. */
export function keyOf(name: string, path: string): string {
  return `${name} ${path}`;
}

/** The bounds in the template. */
export function limitsInTemplate(): { name: string; path: string }[] {
  return [...Deno.readTextFileSync(join(ROOT, TEMPLATE)).matchAll(ROW_REGEXP)]
    .map(([, name = "", path = ""]) => ({ name, path }));
}

async function valuesOf(limits: readonly { name: string; path: string }[]) {
  const copy = await Deno.makeTempDir({ prefix: "toil-mesos-limits-" });
  try {
    const byPath = Map.groupBy(limits, ({ path }) => path);
    for (const path of allPaths().filter((each) => !NO_CODE_REGEXP.test(each))) {
      await Deno.mkdir(join(copy, dirname(path)), { recursive: true });
      await Deno.copyFile(join(ROOT, path), join(copy, path));
    }
    for (const [path, ofModule] of byPath) {
      const own = ofModule.map(({ name }) => `"${name}": ${name}`);
      const text = `\nexport const ${EXPORT_NAME} = { ${own} };\n`;
      await Deno.writeTextFile(join(copy, path), text, { append: true });
    }
    const modules = [...byPath.keys()];
    const code = modules.map((path, index) =>
      `import { ${EXPORT_NAME} as m${index} } from "./${path}";`
    ).join("\n") + `\nconsole.log(JSON.stringify([${
      modules.map((_, index) => `m${index}`)
    }]));`;
    await Deno.writeTextFile(join(copy, "print_limits.ts"), code);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--allow-all", "print_limits.ts"],
      cwd: copy,
      env: { NO_COLOR: "1" },
    }).output();
    if (!success) {
      throw new Error(`Cannot evaluate the bounds: ${new TextDecoder().decode(stderr)}`);
    }
    const values: Record<string, number>[] = JSON.parse(new TextDecoder().decode(stdout));
    return new Map(
      modules.flatMap((path, index) =>
        Object.entries(values[index] ?? {}).map(([name, value]) => [keyOf(name, path), value])
      ),
    );
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** A value in the largest unit that gives a whole number. */
function format(name: string, value: number | undefined): string {
  if (value === undefined) throw new Error(`Cannot describe ${name}: it is not a number`);
  const suffix = /(MS|SECONDS|BYTES)$/.exec(name.toUpperCase())?.[1] ?? "";
  const [unit, size] = UNITS[suffix]?.find(([, each]) => value % each === 0) ??
    [UNITS[suffix]?.at(-1)?.[0] ?? "", 1];
  return `${value / size} ${unit}`.trim();
}

/** The text of the page. */
export async function generateLimitsPage(): Promise<string> {
  const template = await Deno.readTextFile(join(ROOT, TEMPLATE));
  const values = await valuesOf(limitsInTemplate());
  const text = template
    .replaceAll(/^\| bound \| /gm, "| bound | value | ")
    .replaceAll(/^\| --- \| --- \| --- \|$/gm, "| --- | --- | --- | --- |")
    .replaceAll(ROW_REGEXP, (_, name, path, consequence) => {
      const value = format(name, values.get(keyOf(name, path)));
      return `| \`${name}\` | ${value} | \`${path}\` | ${consequence} |`;
    });
  return await formatMarkdown(text);
}

if (import.meta.main) {
  await Deno.writeTextFile(join(ROOT, LIMITS_PAGE), await generateLimitsPage());
}
