/**
 * Random trees survive packing and unpacking; random archives never get out of their directory.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import {
  collect,
  type RawEntry,
  rawZip,
  readTree,
  sorted,
  TemporaryDirectory,
  type Tree,
  writeTree,
} from "../../resource/testing.ts";
import { unzip } from "../../resource/unzip.ts";
import { zipDirectory } from "../../resource/zip_directory.ts";
import { attack } from "./unzip_target.ts";

/** A run that takes longer hangs, in milliseconds. */
const HANG_MS = 10_000;

// Trees --------------------------------------------------------------------------------------

type Node = string | Map<string, Node>;

const nameArbitrary = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "c",
    "-",
    " ",
    "...",
    "a b",
    "ü",
    "日本",
    "💥",
    "new\nline",
    "%41",
    "con",
  ),
  fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }),
).filter((name) =>
  !/[/\\\0]/.test(name) && name.isWellFormed() && ![".", ".."].includes(name) &&
  !/^\.git$|^__pycache__$|\.pyc$/.test(name) && new TextEncoder().encode(name).length < 256
);

const { node: nodeArbitrary } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(fc.constantFrom("file", "executable"), fc.string({ maxLength: 300 }))
      .map(([kind, text]) => `${kind}:${text.toWellFormed()}`),
    fc.constantFrom("link:.", "link:elsewhere", "link:./elsewhere/../there"),
    fc.array(fc.tuple(nameArbitrary, tie("node")), { maxLength: 6 }).map((list) => new Map(list)),
  ),
}));

function flatten(node: Node, path: string, tree: Tree): Tree {
  if (typeof node === "string") {
    tree[path] = node;
    return tree;
  }
  if (path) tree[path] = "directory";
  for (const [name, child] of node) flatten(child, path ? `${path}/${name}` : name, tree);
  return tree;
}

const treeArbitrary = fc.array(fc.tuple(nameArbitrary, nodeArbitrary), { maxLength: 8 })
  .map((list) => flatten(new Map(list), "", {}));

Deno.test("unzip() of zipDirectory() gives the same tree back", async () => {
  await using directory = await TemporaryDirectory.create();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(treeArbitrary, async (tree) => {
      const run = directory.at(`${runs++}`);
      await writeTree(join(run, "in"), tree);
      await Deno.writeFile(join(run, "a.zip"), await collect(zipDirectory(join(run, "in"))));
      await unzip(join(run, "a.zip"), join(run, "out"));
      assertEquals(await readTree(join(run, "out")), sorted(tree));
      await Deno.remove(run, { recursive: true });
    }),
    { numRuns: 40, timeout: HANG_MS },
  );
});

// Archives -----------------------------------------------------------------------------------

const partArbitrary = fc.constantFrom(
  "a",
  "b",
  "l",
  "m",
  ".",
  "..",
  "",
  "victim",
  "file",
  "\\",
  "@",
);
const pathArbitrary = fc.array(partArbitrary, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"));

const entryArbitrary: fc.Arbitrary<RawEntry> = fc.record({
  name: fc.oneof({ weight: 4, arbitrary: fc.constantFrom("a", "b", "l", "m") }, pathArbitrary),
  content: fc.oneof(pathArbitrary, fc.string()),
  deflate: fc.boolean(),
  mode: fc.constantFrom(0o100644, 0o100755, 0o104777, 0o120777, 0o120777, 0o040755, 0o020666, 0),
});

function withRoot(entry: RawEntry, root: string): RawEntry {
  const replace = (text: string) => text.replaceAll("@", join(root, "victim"));
  return { ...entry, name: replace(entry.name), content: replace(entry.content as string) };
}

Deno.test("unzip() of random entries stays inside or leaves nothing", async () => {
  await using directory = await TemporaryDirectory.create();
  const outcomes = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(fc.array(entryArbitrary, { minLength: 1, maxLength: 5 }), async (entries) => {
      const archive = rawZip(entries.map((entry) => withRoot(entry, directory.path)));
      outcomes.add(await attack(archive, directory.path));
    }),
    { numRuns: 400, timeout: HANG_MS },
  );
  assertEquals(outcomes.size, 2);
});

Deno.test("unzip() of random bytes leaves nothing", async () => {
  await using directory = await TemporaryDirectory.create();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      assertEquals(await attack(bytes, directory.path), false);
    }),
    { numRuns: 100, timeout: HANG_MS },
  );
});
