/**
 * What can be checked of the code itself: who imports whom, what the pure folders leave alone, how
 * long files and functions get, and what must not be in the repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join, normalize } from "node:path";
import { typeAssertions } from "./kit/code_only.ts";
import { allPaths, isTest, ROOT, shippedPaths } from "./kit/sources.ts";

/** Who may import whom; a folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  support: [],
  http: ["support"],
  mesos: ["http", "support"],
  job: ["support"],
  process: ["support"],
  resource: ["http", "support"],
  scheduler: ["resource", "process", "job", "mesos", "support"],
  executor: ["resource", "process", "job", "mesos", "support"],
  cluster: ["resource", "process", "mesos", "http", "support"],
  setup: [
    "scheduler",
    "executor",
    "cluster",
    "resource",
    "process",
    "job",
    "mesos",
    "http",
    "support",
  ],
  control: ["scheduler", "job", "mesos", "http", "support"],
  cli: [
    "control",
    "setup",
    "scheduler",
    "executor",
    "cluster",
    "resource",
    "process",
    "job",
    "mesos",
    "http",
    "support",
  ],
  ".": ["cli", "setup", "scheduler", "job", "mesos", "support"],
};

/** A folder of this name is pure, and so is all that its files import. */
const PURE_FOLDER = "core";

/** Clock, randomness, files, sockets, processes, logs. */
const IMPURE_REGEXP =
  /\bDeno\b|\bDate\b|\bMath\.random\b|\bperformance\b|\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bfetch\(|\bgetLogger\b|\bcrypto\b|\bconsole\b|\bprocess\.|["']node:|["']@logtape\//;

const MAX_FILE_LINES = 420;
const MAX_FUNCTION_LINES = 70;
const MAX_LINE_COLUMNS = 100;

/** What is left is where a library has no types, or where types can't follow keys. */
const MAX_TYPE_ASSERTIONS = 12;

interface Source {
  /** Relative to the root. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** Without comments and string contents. */
  readonly code: string;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "");
}

function read(path: string): Source {
  const text = Deno.readTextFileSync(join(ROOT, path));
  const folder = path.includes("/") ? path.split("/")[0] as string : ".";
  return { path, folder, text, code: withoutComments(text) };
}

const paths = allPaths();
const sources = paths.filter((path) => path.endsWith(".ts")).map(read);
const shipped = shippedPaths().map(read);

const isGenerated = ({ path }: { path: string }) => path === "mesos/wire/messages.ts";

Deno.test("the walk has found the code", () => {
  assert(shipped.length > 50);
  for (const folder of Object.keys(MAY_IMPORT)) {
    assert(shipped.some((source) => source.folder === folder), `nothing in ${folder}`);
  }
});

Deno.test("imports run one way, and no file is imported that is only for tests", () => {
  const breaches: string[] = [];
  for (const { path, folder, code } of shipped) {
    const allowed = MAY_IMPORT[folder];
    assert(allowed, `${path}: a folder that ARCHITECTURE.md does not know`);
    for (
      const [, fixed, dynamic = ""] of code.matchAll(
        /\bfrom\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/g,
      )
    ) {
      const imported = normalize(join(dirname(path), fixed ?? dynamic));
      const other = imported.includes("/") ? imported.split("/")[0] as string : ".";
      const isData = imported === "deno.json";
      if (other !== folder && !allowed.includes(other) && !isData) {
        breaches.push(`${path} imports ${imported}`);
      }
      if (isTest(imported)) breaches.push(`${path} imports ${imported}`);
    }
  }
  assertEquals(breaches, []);
});

/** The files that a file needs at run time, itself included, each with the way to it. */
function imports(path: string, codeOf: (path: string) => string): Map<string, string> {
  const ways = new Map([[path, path]]);
  for (const [from, way] of ways) {
    const statements = codeOf(from).matchAll(
      /\b(?:import|export)\b(?!\s+type\b)[^;"']*["'](\.[^"']+)["']/g,
    );
    for (const [, target = ""] of statements) {
      const imported = normalize(join(dirname(from), target));
      if (!ways.has(imported)) ways.set(imported, `${way} → ${imported}`);
    }
  }
  return ways;
}

function impurities(path: string, codeOf: (path: string) => string): string[] {
  return [...imports(path, codeOf)].flatMap(([imported, way]) => {
    const found = IMPURE_REGEXP.exec(codeOf(imported));
    return found ? [`${way} uses ${found[0]}`] : [];
  });
}

Deno.test("what a core/ folder holds or imports is pure", () => {
  const codes = new Map(sources.map(({ path, code }) => [path, code]));
  const pure = shipped.filter(({ path }) => path.split("/").includes(PURE_FOLDER));
  assert(pure.length > 40, `${pure.length} pure files`);
  assertEquals(pure.flatMap(({ path }) => impurities(path, (each) => codes.get(each) ?? "")), []);
});

Deno.test("the test of purity finds what it looks for, through imports too", () => {
  const impure = [
    "Deno.readTextFileSync(path)",
    "Deno[name]()",
    'import { join } from "node:path";',
    'export * from "node:os";',
    "setTimeout(next)",
    "schedule(setImmediate)",
    "new Date()",
    "Date.now()",
    "Math.random()",
    "crypto.randomUUID()",
    "performance.now()",
    'getLogger("x")',
    'import { getLogger } from "@logtape/logtape";',
    "console.log(1)",
  ];
  for (const code of impure) {
    const found = impurities("a/core/a.ts", (path) => path === "a/core/a.ts" ? code : "");
    assertEquals(found.length, 1, code);
    for (const statement of ['import { b } from "../b.ts";', 'import "../b.ts";']) {
      const codeOf = (path: string) => path === "a/core/a.ts" ? statement : code;
      assertEquals(impurities("a/core/a.ts", codeOf).length, 1, `${statement} ${code}`);
    }
  }
  const typesAlone = (path: string) =>
    path === "a.ts" ? 'import type { B } from "./b.ts";' : "Deno.exit()";
  assertEquals(impurities("a.ts", typesAlone), []);
});

Deno.test("only cli/ and main.ts print", () => {
  const breaches = shipped
    .filter(({ folder }) => folder !== "cli" && folder !== ".")
    .filter(({ code }) => /\bDeno\.(stdout|stderr)\b|\bconsole\./.test(code))
    .map(({ path }) => path);
  assertEquals(breaches, []);
});

Deno.test("only http/ asks over HTTP: other clients send requests again by themselves", () => {
  const breaches = shipped
    .filter(({ code }) => /"node:https?"|"undici"|(?<![.#\w] ?)\bfetch\(/.test(code))
    .map(({ path }) => path);
  assertEquals(breaches, []);
});

Deno.test("type assertions stay few", () => {
  const found = shipped.filter((source) => !isGenerated(source)).flatMap(({ path, text }) =>
    typeAssertions(text).map((code) => `${path}: ${code}`)
  );
  assert(found.length <= MAX_TYPE_ASSERTIONS, found.join("\n"));
});

Deno.test("the test of type assertions finds what it looks for", () => {
  const cases: [string, number][] = [
    ["const a = b as string;", 1],
    ["f(a as { b: string }, c as [number])", 2],
    ["`as text ${a as string} as text`", 1],
    ["a as unknown as B", 2],
    ['import { a as b } from "c"; export { d as e }; import * as f from "g";', 0],
    ["const a = [b] as const;", 0],
    ["// as comment\n/* as comment */ \"as text\" + 'as text' + `as text ${`as ${a}`}`", 0],
  ];
  for (const [code, count] of cases) assertEquals(typeAssertions(code).length, count, code);
});

Deno.test("every module says what it is", () => {
  const breaches = shipped
    .filter(({ text }) => !/^\/\*\*[\s\S]*?@module\s*\*\//.test(text))
    .map(({ path }) => path);
  assertEquals(breaches, []);
});

Deno.test("files and lines stay short", () => {
  const breaches = shipped.filter((source) => !isGenerated(source)).flatMap(({ path, text }) => {
    const lines = text.split("\n");
    const long = lines.findIndex((line) => line.length > MAX_LINE_COLUMNS) + 1;
    return [
      ...(lines.length > MAX_FILE_LINES ? [`${path}: ${lines.length} lines`] : []),
      ...(long > 0 && !/https?:\/\/|REGEXP|regexp|^\s*["'`\/]/.test(lines[long - 1] ?? "")
        ? [`${path}:${long}: a line of ${lines[long - 1]?.length} columns`]
        : []),
    ];
  });
  assertEquals(breaches, []);
});

Deno.test("functions stay short", () => {
  const breaches: string[] = [];
  for (const { path, text } of shipped) {
    const lines = text.split("\n");
    lines.forEach((line, start) => {
      // A function or method whose body ends with a brace at the same depth.
      const indent =
        /^( *)(?:export )?(?:async )?(?:static )?(?:function\b|(?:async |get |static )*[#\w]+(?:<.*>)?\().*\{$/
          .exec(line)?.[1];
      if (indent === undefined || /^\s*(if|for|while|switch|catch|return)\b/.test(line)) return;
      const end = lines.indexOf(`${indent}}`, start);
      if (end - start > MAX_FUNCTION_LINES) {
        breaches.push(`${path}:${start + 1}: ${end - start} lines`);
      }
    });
  }
  assertEquals(breaches, []);
});

Deno.test("no test is skipped, focused, or left to run on for a time", () => {
  const breaches = sources.filter(({ path }) => isTest(path))
    .filter(({ path }) => !["tests/tidy_test.ts", "tests/kit/test_unless.ts"].includes(path))
    .flatMap(({ path, code }) => {
      const found =
        /\bignore:|\bonly:|Deno\.test\.(only|ignore)|sanitize(Ops|Resources|Exit):\s*false/
          .exec(code);
      return found ? [`${path}: ${found[0]}`] : [];
    });
  assertEquals(breaches, []);
});

Deno.test("no file is left that nothing uses but tests", () => {
  const config = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const named = [...Object.values<string>(config.exports), ...Object.values<string>(config.imports)]
    .map((path) => normalize(path));
  const entries = new Set([...named, "mesos/wire/generate_messages.ts"]);
  const imported = new Set<string>();
  for (const { path, text } of shipped) {
    for (const [, target = ""] of text.matchAll(/"(\.{1,2}\/[^"]+\.ts)"/g)) {
      imported.add(normalize(join(dirname(path), target)));
    }
  }
  const dead = shipped
    .map(({ path }) => path)
    .filter((path) => !imported.has(path) && !entries.has(path));
  assertEquals(dead, []);
});

Deno.test("no two files that ship share a name", () => {
  const names = shipped.map(({ path }) => basename(path)).filter((name) => name !== "mod.ts");
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  assertEquals(twice, []);
});

Deno.test("no address of a registry and no path of a machine is in the repository", () => {
  const breaches = paths.filter((path) =>
    !/\.(fa|gz|pb|recordio|sqlite|zip|png)$/.test(path) && path !== "deno.lock"
  ).flatMap((path) => {
    const text = Deno.readTextFileSync(join(ROOT, path));
    const found = /https?:\/\/[a-z.-]*registry\.|(?:^|["'= (])\/(?:root|home)\/[a-z]/m.exec(text);
    return found && path !== "tests/tidy_test.ts" ? [`${path}: ${found[0].trim()}`] : [];
  });
  assertEquals(breaches, []);
});
