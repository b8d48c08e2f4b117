/**
 * The files of this repository.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** What is made here and not kept. */
const IGNORED = ["node_modules", "dist", "demo-results"];

function* walk(directory: string): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(join(ROOT, directory))) {
    if (name.startsWith(".") || IGNORED.includes(name)) continue;
    const path = join(directory, name);
    if (isDirectory) yield* walk(path);
    else if (isFile) yield path;
  }
}

/** Every file, relative to the root. */
export function allPaths(): string[] {
  return [...walk(".")].sort();
}

/** Whether a file is there for the tests only. */
export function isTest(path: string): boolean {
  return path.startsWith("tests/") || /(_test|\/testing)\.ts$/.test(path);
}

/** The TypeScript files of the program. */
export function shippedPaths(): string[] {
  return allPaths().filter((path) =>
    path.endsWith(".ts") && !isTest(path) && !/^(bench|examples|docs|tools)\//.test(path)
  );
}
