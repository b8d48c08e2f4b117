/**
 * What can be checked of the code itself: who imports whom, what the pure files leave alone, how
 * long files and functions get, and what must not be in the repository.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { dirname, join, normalize } from "node:path";
import { allPaths, isTest, ROOT, shippedPaths } from "./sources.ts";

/** Who may import whom; a folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  support: [],
  mesos: ["support"],
  job: ["support"],
  process: ["support"],
  resource: ["support"],
  scheduler: ["resource", "process", "job", "mesos", "support"],
  executor: ["resource", "process", "job", "mesos", "support"],
  cluster: ["resource", "process", "mesos", "support"],
  setup: ["scheduler", "executor", "cluster", "resource", "process", "job", "mesos", "support"],
  cli: [
    "setup",
    "scheduler",
    "executor",
    "cluster",
    "resource",
    "process",
    "job",
    "mesos",
    "support",
  ],
  ".": ["cli", "setup", "scheduler", "mesos", "support"],
};

/** Files whose first words say so leave clock, chance, files, sockets and logs alone. */
const PURE_REGEXP = /^\/\*\*[\s\S]*?\bPure\b[\s\S]*?\*\//;

const IMPURE_REGEXP =
  /\bDeno\.|\bDate\b|\bMath\.random\b|\bperformance\.|\bset(Timeout|Interval|Immediate)\(|\bfetch\(|\bgetLogger\(|\bcrypto\.(randomUUID|getRandomValues)|\bconsole\./;

const MAX_FILE_LINES = 420;
const MAX_FUNCTION_LINES = 70;
const MAX_LINE_COLUMNS = 100;

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
    for (const [, target = ""] of code.matchAll(/\bfrom\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/g)) {
      const imported = normalize(join(dirname(path), target));
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

Deno.test("pure files are pure, and import no logger", () => {
  const pure = shipped.filter(({ text }) => PURE_REGEXP.test(text));
  assert(pure.length > 20, "the pure files say that they are");
  const breaches = pure.flatMap(({ path, code }) => {
    const found = IMPURE_REGEXP.exec(code);
    return found ? [`${path} uses ${found[0]}`] : [];
  });
  assertEquals(breaches, []);
});

Deno.test("only cli/ and main.ts print", () => {
  const breaches = shipped
    .filter(({ folder }) => folder !== "cli" && folder !== ".")
    .filter(({ code }) => /\bDeno\.(stdout|stderr)\b|\bconsole\./.test(code))
    .map(({ path }) => path);
  assertEquals(breaches, []);
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
    // A ZooKeeper can't be had everywhere; those tests say so in their names and on standard error.
    .filter(({ path }) => path !== "tests/tidy_test.ts" && !path.startsWith("tests/zookeeper/"))
    .flatMap(({ path, code }) => {
      const found =
        /\bignore:|\bonly:|Deno\.test\.(only|ignore)|sanitize(Ops|Resources|Exit):\s*false/
          .exec(code);
      return found ? [`${path}: ${found[0]}`] : [];
    });
  assertEquals(breaches, []);
});

Deno.test("no file is left that nothing uses", () => {
  const entries = new Set(["main.ts", "mesos/wire/generate_messages.ts"]);
  const imported = new Set<string>();
  for (const { path, text } of sources) {
    for (const [, target = ""] of text.matchAll(/"(\.{1,2}\/[^"]+\.ts)"/g)) {
      imported.add(normalize(join(dirname(path), target)));
    }
  }
  const mapped = Deno.readTextFileSync(join(ROOT, "deno.json"));
  const dead = shipped
    .map(({ path }) => path)
    .filter((path) => !imported.has(path) && !entries.has(path) && !mapped.includes(`./${path}`));
  assertEquals(dead, []);
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
