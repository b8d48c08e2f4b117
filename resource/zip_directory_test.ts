import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { removeTree } from "../support/remove_tree.ts";
import { runCode } from "../tests/kit/run_code.ts";
import { DEFAULT_ARCHIVE_LIMITS } from "./archive_limits.ts";
import { OwnPlaces } from "./own_places.ts";
import { markPrivate } from "./private_directory.ts";
import { decodeName } from "./raw_name.ts";
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

Deno.test("zipDirectory() refuses what is neither file, directory nor link", async () => {
  await using directory = await TemporaryDirectory.create();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(directory.at("socket"), resolve));
  await assertRejects(
    () => collect(zipDirectory(directory.path)),
    UserScriptError,
    'entry "socket" is neither a file, a directory nor a link; ' +
      "leave it out with --user-script-exclude or .toil-mesosignore",
  );
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("zipDirectory() refuses what no node would unpack", async () => {
  const limits = { ...DEFAULT_ARCHIVE_LIMITS, maxUnpackedBytes: 10, maxEntries: 3 };
  const large = { "a": "file:0123456789", "b": "file:0" };
  await assertRejects(() => zipOf(large, { limits }), UserScriptError, "more than 10 bytes");
  const many = { "a": "file:", "b": "file:", "c": "file:", "d": "file:" };
  await assertRejects(() => zipOf(many, { limits }), UserScriptError, "the limit of 3 entries");
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
    "its compression ratio exceeds the limit of the nodes",
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

Deno.test("zipDirectory() leaves out what other runs and clusters keep for themselves", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.path, {
    "run.sh": "executable:#!/bin/sh\n",
    "cl": "directory",
    "cl/secret": "file:s3cret",
  });
  markPrivate(directory.at("cl"));
  assertEquals(await unzipped(await collect(zipDirectory(directory.path))), {
    "run.sh": "executable:#!/bin/sh\n",
  });
});

Deno.test("zipDirectory() reads no more of a file than it had when it was listed", async () => {
  await using directory = await TemporaryDirectory.create();
  const noise = randomBytes(300_000).toString("hex");
  await writeTree(directory.path, { "growing": `file:${noise}` });
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipDirectory(directory.path)) {
    await Deno.writeTextFile(directory.at("growing"), noise, { append: true });
    chunks.push(chunk);
  }
  const tree = await unzipped(await collect(ReadableStream.from(chunks)));
  assertEquals(tree, { "growing": `file:${noise}` });
});

/** Everything below a directory, byte for byte: names, kinds, permissions, targets. */
async function listing(directory: string): Promise<string[]> {
  const args = [".", "-mindepth", "1", "-printf", "%P %y %m %l\\0"];
  const { stdout } = await new Deno.Command("find", { args, cwd: directory }).output();
  return decodeName(stdout).split("\0").sort();
}

async function shell(cwd: string, ...lines: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-ec", lines.join("\n")],
    cwd,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("zipDirectory() keeps names that are not UTF-8, or have backslashes", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.mkdir(directory.at("in"));
  await shell(
    directory.at("in"),
    "printf one >$'f\\xff'",
    "mkdir -p $'d\\xe9/\\xfe/plain' && printf two >$'d\\xe9/\\xfe/plain/\\x80'",
    "chmod 500 $'d\\xe9/\\xfe'",
    "ln -s $'d\\xe9/\\xfe' $'l\\xff' && ln -s $'f\\xff' link",
    "printf three >'C:\\data\\x.txt' && printf four >$'replacement \\uFFFD'",
    "mkdir $'skipped\\xff' && touch $'skipped\\xff/x'",
  );
  const exclude = ["skipped*"];
  await Deno.writeFile(
    directory.at("a.zip"),
    ReadableStream.from(zipDirectory(directory.at("in"), { exclude })),
  );
  await unzip(directory.at("a.zip"), directory.at("out"));
  const expected = (await listing(directory.at("in"))).filter((each) => !each.startsWith("skip"));
  assertEquals(expected.length, 10);
  assertEquals(await listing(directory.at("out")), expected);
  const texts = await shell(directory.at("out"), "cat link $'l\\xff/plain/\\x80' C:* repl*");
  assertEquals(texts, "onetwothreefour");
  await shell(directory.path, "chmod -R u+w .");
});

Deno.test("zipDirectory() and unzip() keep permissions, whatever the umask", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.at("in"), {
    "open": "directory",
    "closed": "directory",
    "closed/deep": "directory",
    "closed/read-only": "file:1",
    "closed/deep/run": "executable:2",
    "open/all": "file:3",
    "open/large": `file:${"4".repeat(400_000)}`,
  });
  const { at } = { at: (name: string) => directory.at("in", name) };
  const modes = { "closed/read-only": 0o400, "open/all": 0o666, "open/large": 0o751 };
  const last = { "closed/deep": 0o550, "closed": 0o555, "open": 0o777 };
  for (const [name, mode] of Object.entries({ ...modes, ...last })) {
    await Deno.chmod(at(name), mode);
  }
  const archive = await collect(zipDirectory(directory.at("in")));
  await Deno.writeFile(directory.at("a.zip"), archive);
  const [from, to] = [directory.at("a.zip"), directory.at("out")].map((path) =>
    JSON.stringify(path)
  );
  await runCode(
    `import { unzip } from "${import.meta.resolve("./unzip.ts")}"; await unzip(${from}, ${to});`,
    { umask: "077" },
  );
  assertEquals(await listing(directory.at("out")), await listing(directory.at("in")));
  for (const each of ["in", "out"]) await removeTree(directory.at(each));
});

Deno.test("zipDirectory() makes absolute links relative that stay inside", async () => {
  await using directory = await TemporaryDirectory.create();
  const script = directory.at("script");
  await Deno.symlink(script, directory.at("other-name"));
  await writeTree(script, {
    "bin": "directory",
    "bin/python": "executable:",
    "bin/python3": `link:${script}/bin/python`,
    "bin/up": `link:${script}`,
    "top": `link:${script}`,
    "via": `link:${directory.at("other-name")}/bin`,
  });
  const links = {
    "bin": "directory",
    "bin/python": "executable:",
    "bin/python3": "link:../bin/python",
    "bin/up": "link:../",
    "top": "link:.",
  };
  const exclude = ["via"];
  assertEquals(await unzipped(await collect(zipDirectory(script, { exclude }))), links);
  const renamed = zipDirectory(directory.at("other-name"));
  assertEquals(await unzipped(await collect(renamed)), { ...links, "via": "link:bin" });
});

Deno.test("zipDirectory() says of a link that leads outside where it leads, and what to do", async () => {
  for (const target of ["/usr/bin/python3", "../../x"]) {
    const tree = { "venv": "directory", "venv/python": `link:${target}` };
    const error = await assertRejects(() => zipOf(tree), UserScriptError);
    assertStringIncludes(error.message, `entry "venv/python" is a link to `);
    assertStringIncludes(error.message, JSON.stringify(target));
    assertStringIncludes(error.message, "leave it out with --user-script-exclude or .toil-mesosi");
    assertEquals(await unzipped(await zipOf(tree, { exclude: ["/venv/python"] })), {
      "venv": "directory",
    });
  }
});

Deno.test("zipDirectory() leaves out what .toil-mesosignore and the options name", async () => {
  const tree = {
    ".git": "directory",
    ".git/HEAD": "file:x",
    ".toil-mesosignore": "file:# large\n*.bam\n!keep.bam\n/top\nvenv/\n",
    "README.MD": "file:",
    "a.bam": "file:",
    "d": "directory",
    "d/keep.bam": "file:",
    "d/top": "file:",
    "d/venv": "file:",
    "k.pyc": "file:",
    "s": "directory",
    "s/x.bam": "file:",
    "top": "directory",
    "top/x": "file:",
    "venv": "directory",
    "venv/x": "file:",
  };
  const kept = ["README.MD", "d", "d/keep.bam", "d/top", "d/venv", "s"];
  assertEquals(Object.keys(await unzipped(await zipOf(tree))), kept);
  const exclude = ["*.md", "!*.pyc", "d/**/top", "!a.bam"];
  assertEquals(
    Object.keys(await unzipped(await zipOf(tree, { exclude }))),
    ["README.MD", "a.bam", "d", "d/keep.bam", "d/venv", "k.pyc", "s"],
  );
});

/** What unpacks `a.zip` to `out`, as far as this machine has it. */
const OTHER_TOOLS = [["unzip", "-q", "a.zip", "-d", "out"], [
  "bsdtar",
  "-xf",
  "a.zip",
  "-C",
  "out",
]];

Deno.test("zipDirectory() makes archives that other tools read", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.at("in"), {
    "bin": "directory",
    "bin/run": "executable:#!/bin/sh\n",
    "größe.txt": `file:${"large ".repeat(100_000)}`,
    "small": "file:x",
    "link": "link:bin/run",
  });
  await Deno.writeFile(
    directory.at("a.zip"),
    ReadableStream.from(zipDirectory(directory.at("in"))),
  );
  for (const [tool = "", ...args] of OTHER_TOOLS) {
    const isThere = await shell(directory.path, `mkdir out; command -v ${tool} || true`);
    if (isThere) {
      await shell(directory.path, [tool, ...args].join(" "));
      assertEquals(await listing(directory.at("out")), await listing(directory.at("in")));
    }
    await removeTree(directory.at("out"));
  }
});
