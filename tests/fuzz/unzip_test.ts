/**
 * Random trees survive packing and unpacking; random archives never get out of their directory.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { DEFAULT_ARCHIVE_LIMITS } from "../../resource/archive_limits.ts";
import { UserScriptError } from "../../resource/errors.ts";
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

/** A run that takes longer hangs, in milliseconds. */
const HANG_MS = 10_000;
const LIMITS = { ...DEFAULT_ARCHIVE_LIMITS, maxUnpackedBytes: 100_000, maxEntries: 50 };

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

/** Every real path below a directory, and those that its links lead to. */
async function realPaths(directory: string): Promise<string[]> {
  const paths: string[] = [];
  for (const path of Object.keys(await readTree(directory))) {
    paths.push(await Deno.realPath(join(directory, path)).catch(() => directory));
  }
  return paths;
}

/**
 * Unpacks an archive beside a file that must stay as it is; gives whether it was accepted.
 * Names may use `@` for the directory that must not be written to.
 */
async function attack(archive: Uint8Array, directory: string): Promise<boolean> {
  await Deno.mkdir(join(directory, "victim"), { recursive: true });
  await Deno.writeTextFile(join(directory, "victim", "file"), "untouched");
  await Deno.writeFile(join(directory, "a.zip"), archive);
  const out = join(directory, "out");
  const accepted = await unzip(join(directory, "a.zip"), out, LIMITS).then(() => true, (error) => {
    if (error instanceof UserScriptError) return false;
    throw error;
  });
  if (accepted) {
    for (const path of await realPaths(out)) {
      assert(path === out || path.startsWith(`${out}/`), path);
    }
    await Deno.remove(out, { recursive: true });
  }
  const { "a.zip": _, ...rest } = await readTree(directory);
  assertEquals(rest, { "victim": "directory", "victim/file": "file:untouched" });
  return accepted;
}

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

const SEED_ARCHIVE = rawZip([
  { name: "d/", mode: 0o040755 },
  { name: "d/run.sh", content: "#!/bin/sh\nexit 0\n".repeat(20), deflate: true, mode: 0o100755 },
  { name: "link", content: "d/run.sh", mode: 0o120777 },
  { name: "plain", content: "text" },
]);

interface Mutation {
  position: number;
  removed: number;
  inserted: Uint8Array;
}

const mutationArbitrary: fc.Arbitrary<Mutation> = fc.record({
  position: fc.nat(SEED_ARCHIVE.length),
  removed: fc.nat(4),
  inserted: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom("../", "/", "PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "\xff\xff\xff\xff")
      .map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0))),
  ),
});

function mutate(archive: Uint8Array, { position, removed, inserted }: Mutation): Uint8Array {
  return Uint8Array.from([
    ...archive.subarray(0, position),
    ...inserted,
    ...archive.subarray(position + removed),
  ]);
}

Deno.test("unzip() of mutated archives stays inside or leaves nothing", async () => {
  await using directory = await TemporaryDirectory.create();
  const outcomes = new Set<boolean>([await attack(SEED_ARCHIVE, directory.path)]);
  await fc.assert(
    fc.asyncProperty(fc.array(mutationArbitrary, { minLength: 1, maxLength: 4 }), async (list) => {
      outcomes.add(await attack(list.reduce(mutate, SEED_ARCHIVE), directory.path));
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
