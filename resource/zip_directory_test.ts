import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { createServer } from "node:net";
import { DEFAULT_ARCHIVE_LIMITS } from "./archive_limits.ts";
import { OwnPlaces } from "./own_places.ts";
import { UserScriptError } from "./resource_errors.ts";
import { collect, readTree, TemporaryDirectory, type Tree, writeTree } from "./testing.ts";
import { unzip } from "./unzip.ts";
import { zipDirectory, type ZipDirectoryOptions } from "./zip_directory.ts";

async function zipOf(tree: Tree, options: ZipDirectoryOptions = {}): Promise<Uint8Array> {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.at("script"), tree);
  return await collect(zipDirectory(directory.at("script"), options));
}

async function unzipped(archive: Uint8Array): Promise<Tree> {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeFile(directory.at("a.zip"), archive);
  await unzip(directory.at("a.zip"), directory.at("out"));
  return await readTree(directory.at("out"));
}

Deno.test("zipDirectory() keeps files, execute bits, links inside and empty directories", async () => {
  const tree = {
    "bin": "directory",
    "bin/run": "executable:#!/bin/sh\n",
    "bin/there": "link:../data/empty",
    "data": "directory",
    "data/empty": "directory",
    "data/é ü.txt": "file:größe",
    "here": "link:.",
    "nothing.txt": "file:",
    "nowhere": "link:bin/not-there",
    "run": "link:bin/run",
  };
  assertEquals(await unzipped(await zipOf(tree)), tree);
});

Deno.test("zipDirectory() gives the same bytes for the same tree, whatever its times", async () => {
  await using directory = await TemporaryDirectory.create();
  const tree = { "a": "file:1", "b": "directory", "b/c": "executable:2" };
  await writeTree(directory.at("one"), tree);
  await writeTree(directory.at("two"), tree);
  await Deno.utime(directory.at("two", "a"), 1, 1); // 1970, which ZIP can't tell
  const one = await collect(zipDirectory(directory.at("one")));
  assertEquals(await collect(zipDirectory(directory.at("two"))), one);
  await Deno.chmod(directory.at("two", "a"), 0o755);
  assertNotEquals(await collect(zipDirectory(directory.at("two"))), one);
});

Deno.test("zipDirectory() leaves version control and compiled Python out", async () => {
  const tree = {
    ".git": "directory",
    ".git/HEAD": "file:x",
    ".gitignore": "file:*.o",
    "__pycache__": "directory",
    "__pycache__/a.cpython-312.pyc": "file:x",
    "a.py": "file:pass",
    "a.pyc": "file:x",
  };
  assertEquals(await unzipped(await zipOf(tree)), {
    ".gitignore": "file:*.o",
    "a.py": "file:pass",
  });
});

Deno.test("zipDirectory() puts a package within its own name", async () => {
  const archive = await zipOf({ "__init__.py": "file:" }, { within: "package" });
  assertEquals(await unzipped(archive), { "package": "directory", "package/__init__.py": "file:" });
});

Deno.test("zipDirectory() of an empty directory unpacks to an empty directory", async () => {
  assertEquals(await unzipped(await zipOf({})), {});
});

Deno.test("zipDirectory() archives files larger than a chunk", async () => {
  const tree = { "noise": `file:${Array.from({ length: 200_000 }, (_, i) => i * i).join(" ")}` };
  assertEquals(await unzipped(await zipOf(tree)), tree);
});

const LINKS_OUT: Record<string, Tree> = {
  "a parent": { "l": "link:../x" },
  "an absolute path": { "l": "link:/etc/passwd" },
  "a parent through another link": {
    "d": "directory",
    "d/e": "directory",
    "f": "link:d/e/..",
    "g": "link:f/../../x",
  },
  "a parent through a link to the top": { "top": "link:.", "z": "link:top/../x" },
  "itself": { "l": "link:l" },
};

for (const [where, tree] of Object.entries(LINKS_OUT)) {
  Deno.test(`zipDirectory() refuses a link to ${where}`, async () => {
    await assertRejects(() => zipOf(tree), UserScriptError, "is a link");
  });
}

Deno.test("zipDirectory() refuses a link from a package to what lies beside it", async () => {
  const tree = { "l": "link:../beside" };
  await assertRejects(() => zipOf(tree, { within: "package" }), UserScriptError, "outside");
});

Deno.test("zipDirectory() names what it can't read", async () => {
  await using directory = await TemporaryDirectory.create();
  const command = 'printf x > "$(printf "bad-\\377-name")"'; // no UTF-8, so that no path names it
  await new Deno.Command("sh", { args: ["-c", command], cwd: directory.path }).output();
  const error = await assertRejects(
    () => collect(zipDirectory(directory.path)),
    UserScriptError,
    "can't be read",
  );
  assertEquals([error.path, error.retryable], [directory.path, false]);
});

Deno.test("zipDirectory() refuses what is neither file, directory nor link", async () => {
  await using directory = await TemporaryDirectory.create();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(directory.at("socket"), resolve));
  await assertRejects(
    () => collect(zipDirectory(directory.path)),
    UserScriptError,
    'entry "socket" is neither',
  );
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("zipDirectory() refuses what no node would unpack", async () => {
  const limits = { ...DEFAULT_ARCHIVE_LIMITS, maxUnpackedBytes: 10, maxEntries: 3 };
  const large = { "a": "file:0123456789", "b": "file:0" };
  await assertRejects(() => zipOf(large, { limits }), UserScriptError, "more than 10 bytes");
  const many = { "a": "file:", "b": "file:", "c": "file:", "d": "file:" };
  await assertRejects(() => zipOf(many, { limits }), UserScriptError, "the limit of 3 entries");
  await assertRejects(() => zipOf({ "a\\b": "file:" }), UserScriptError, "backslash");
});

Deno.test("zipDirectory() lets go of its files when the reader leaves", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.path, { "a": `file:${"x".repeat(100_000)}`, "b": "file:b" });
  for await (const _ of zipDirectory(directory.path)) break;
});

Deno.test("zipDirectory() refuses what the nodes would take for a bomb", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeTextFile(directory.at("zeros"), "");
  await Deno.truncate(directory.at("zeros"), 80 * 1024 * 1024);
  await assertRejects(
    () => collect(zipDirectory(directory.path)),
    UserScriptError,
    "it compresses so well",
  );
});

Deno.test("zipDirectory() ends when a file can't be read in the middle of the archive", async () => {
  // A directory with a file that is only for writing, for root as well.
  const directory = "/proc/sys/net/ipv4/route";
  const error = await assertRejects(
    () => collect(zipDirectory(directory)),
    UserScriptError,
    `Cannot package user script ${directory}: flush can't be read: Permission denied`,
  );
  assertEquals(error.path, directory);
});

Deno.test("zipDirectory() leaves out what the run writes, under any name", async () => {
  await using directory = await TemporaryDirectory.create();
  const script = directory.at("script");
  await writeTree(script, {
    "run.sh": "executable:#!/bin/sh\n",
    "results.jsonl": "file:{}",
    "secret": "file:s3cret",
    "sub": "directory",
    "sub/st": "directory",
    "sub/st/token": "file:s3cret",
    "to-state": "link:sub/st",
  });
  await Deno.link(`${script}/secret`, `${script}/sub/hard-link`);
  await Deno.symlink(`${script}/sub/st`, directory.at("state"));
  const ownPlaces = await OwnPlaces.find([
    directory.at("state"),
    `${script}/sub/../results.jsonl`,
    `${script}/secret`,
    directory.at("missing"),
  ]);
  assertEquals(await unzipped(await collect(zipDirectory(script, { ownPlaces }))), {
    "run.sh": "executable:#!/bin/sh\n",
    "sub": "directory",
    "to-state": "link:sub/st",
  });
});

Deno.test("zipDirectory() reads no more of a file than it had when it was listed", async () => {
  await using directory = await TemporaryDirectory.create();
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  await Deno.writeFile(directory.at("a"), noise);
  const text = "z".repeat(1000);
  await writeTree(directory.path, { "growing": `file:${text}`, "shrinking": `file:${text}` });
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipDirectory(directory.path)) {
    if (chunks.length === 0) {
      await Deno.writeTextFile(directory.at("growing"), "more", { append: true });
      await Deno.truncate(directory.at("shrinking"), 10);
    }
    chunks.push(chunk);
  }
  const { growing, shrinking } = await unzipped(await collect(ReadableStream.from(chunks)));
  assertEquals([growing, shrinking], [`file:${text}`, `file:${text.slice(0, 10)}`]);
});
