import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from "./archive_limits.ts";
import { UserScriptError } from "./resource_errors.ts";
import { type RawEntry, rawZip, readTree, TemporaryDirectory, type Tree } from "./testing.ts";
import { unzip } from "./unzip.ts";
import { endRecords } from "./zip_format.ts";

const LINK = 0o120777;
const MIB = 1024 * 1024;

async function unzipped(archive: Uint8Array): Promise<Tree> {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeFile(directory.at("a.zip"), archive);
  await unzip(directory.at("a.zip"), directory.at("out"));
  return await readTree(directory.at("out"));
}

/** Unpacks what must be refused; gives the reason, having seen that nothing is left. */
async function refusal(archive: Uint8Array, limits?: ArchiveLimits): Promise<string> {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeFile(directory.at("a.zip"), archive);
  const error = await assertRejects(
    () => unzip(directory.at("a.zip"), directory.at("out"), { limits }),
    UserScriptError,
  );
  assertEquals(Object.keys(await readTree(directory.path)), ["a.zip"]);
  const prefix = "Cannot unpack user script archive a.zip: ";
  assertStringIncludes(error.message, prefix);
  assertEquals([error.path, error.retryable], [directory.at("a.zip"), false]);
  return error.message.slice(prefix.length);
}

Deno.test("unzip() takes archives with ./, doubled slashes, no directories, no modes", async () => {
  const archive = rawZip([
    { name: "./a/b.txt", content: "b", mode: 0 },
    { name: "a//c.sh", content: "c".repeat(100), deflate: true, mode: 0o100700 },
    { name: "d/", mode: 0o040777 },
    { name: "a/", mode: 0 },
    { name: "l", content: "d/../a/b.txt", mode: LINK },
    { name: "z/y/x/", mode: 0 },
  ]);
  assertEquals(await unzipped(archive), {
    "a": "directory",
    "a/b.txt": "file:b",
    "a/c.sh": `executable:${"c".repeat(100)}`,
    "d": "directory",
    "l": "link:d/../a/b.txt",
    "z": "directory",
    "z/y": "directory",
    "z/y/x": "directory",
  });
});

Deno.test("unzip() drops setuid, setgid and the sticky bit, and keeps the permissions", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeFile(directory.at("a.zip"), rawZip([{ name: "su", mode: 0o107777 }]));
  await unzip(directory.at("a.zip"), directory.at("out"));
  const { mode } = await Deno.stat(directory.at("out", "su"));
  assertEquals((mode ?? 0) & 0o7777, 0o777);
});

const UNSAFE_PATHS: Record<string, string> = {
  "../a": 'has ".." in its path',
  "a/../../b": 'has ".." in its path',
  "a/..": 'has ".." in its path',
  "/etc/cron.d/a": "has an absolute path",
  "//a": "has an absolute path",
  "a\0b": "has a NUL",
  "./": "has no name",
  "": "has no name",
  ["n".repeat(2000)]: "has a path of more than 1024 bytes",
  ["n".repeat(300)]: "File name too long",
};

Deno.test("unzip() refuses paths that lead out or can't be", async () => {
  for (const [name, reason] of Object.entries(UNSAFE_PATHS)) {
    const entries = [{ name: "ok" }, { name, mode: 0 }];
    assertStringIncludes(await refusal(rawZip(entries)), reason);
  }
});

const CONFLICTS: Record<string, RawEntry[]> = {
  "occurs twice": [{ name: "a" }, { name: "a" }],
  '"a" occurs twice': [{ name: "a" }, { name: "./a" }],
  'entry "a//" occurs twice': [{ name: "a/", mode: 0 }, { name: "a//", mode: 0 }],
  'entry "a" occurs twice': [{ name: "a" }, { name: "a/", mode: 0 }],
  "is a file and a directory": [{ name: "a/b" }, { name: "a" }],
  'entry "a/b" lies below a file': [{ name: "a" }, { name: "a/b/c" }],
  'below "a", which is a link': [{ name: "a", content: "b", mode: LINK }, { name: "a/c" }],
  "is a link and a directory": [{ name: "a/c" }, { name: "a", content: "b", mode: LINK }],
};

Deno.test("unzip() refuses names that occur twice and things below files and links", async () => {
  for (const [reason, entries] of Object.entries(CONFLICTS)) {
    assertStringIncludes(await refusal(rawZip(entries)), reason);
  }
});

const LINKS: Record<string, Record<string, string>> = {
  'is a link to "../x", outside': { "l": "../x" },
  'is a link to "..", outside': { "l": ".." },
  'absolute path "/etc"': { "l": "/etc" },
  'entry "m" is a link to "l/../x", outside': { "l": ".", "m": "l/../x" },
  'entry "d/m" is a link to "../l/../x", outside': { "d/m": "../l/../x", "l": "." },
  "is a link with an invalid target": { "l": "" },
  "is a link in a cycle": { "l": "m/x", "m": "l" },
  "through too many links": Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`l${i}`, `l${i + 1}`]),
  ),
  "is a link of more than 1024 bytes": { "l": "x/".repeat(1000) },
  "is a link to a path that is too long": {
    "l": "m/".repeat(500),
    "d": "n".repeat(600),
    "m": "d/",
  },
};

Deno.test("unzip() refuses links that lead out, through other links too", async () => {
  for (const [reason, links] of Object.entries(LINKS)) {
    const entries = Object.entries(links).map(([name, content]) => ({ name, content, mode: LINK }));
    assertStringIncludes(await refusal(rawZip(entries)), reason);
  }
});

Deno.test("unzip() refuses devices, pipes and sockets", async () => {
  for (const mode of [0o020666, 0o060666, 0o010666, 0o140777]) {
    const reason = await refusal(rawZip([{ name: "dev", mode }]));
    assertEquals(reason, 'entry "dev" is neither a file, a directory nor a link');
  }
});

const DAMAGE: Record<string, RawEntry> = {
  "is encrypted": { name: "a", content: "x", flags: 0x801 },
  "its checksum is wrong": { name: "a", content: "x", claimedCrc: 1 },
  "can't be unpacked: its checksum is wrong": {
    name: "a",
    content: "x".repeat(50),
    deflate: true,
    claimedCrc: 1,
  },
  "it holds 10 bytes, its header says 9": {
    name: "a",
    content: "x".repeat(50),
    deflate: true,
    claimedSize: 9,
  },
  "it holds 50 bytes, its header says 60": {
    name: "a",
    content: "x".repeat(50),
    deflate: true,
    claimedSize: 60,
  },
  "its two headers differ in the name": { name: "a", localName: "b", content: "x" },
};

Deno.test("unzip() refuses damaged, ambiguous and encrypted entries", async () => {
  for (const [reason, entry] of Object.entries(DAMAGE)) {
    const text = await refusal(rawZip([{ name: "first", content: "y" }, entry]));
    assertStringIncludes(text, reason);
  }
});

Deno.test("unzip() refuses entries that share their bytes", async () => {
  const inner: RawEntry = { name: "inner", content: "shared" };
  const innerRecord = rawZip([inner]).subarray(0, 30 + "inner".length + "shared".length);
  const outer: RawEntry = { name: "outer", content: innerRecord };
  const archive = rawZip([outer, { ...inner, claimedOffset: 30 + "outer".length }]);
  assertStringIncludes(await refusal(archive), "its entries overlap");
});

Deno.test("unzip() refuses what is no archive, cut off, or followed by something", async () => {
  const whole = rawZip([{ name: "a", content: "content" }]);
  const archives = [
    new Uint8Array(0),
    new TextEncoder().encode("<html>not found</html>".repeat(10)),
    whole.subarray(0, whole.length - 10),
    whole.subarray(20),
    new Uint8Array([...whole, 0x21]),
    new Uint8Array([0x21, ...whole]),
  ];
  for (const archive of archives) assert(await refusal(archive));
});

Deno.test("unzip() refuses a bomb by its bytes, not by its headers", async () => {
  const zeros = new Uint8Array(96 * MIB);
  const honest = rawZip([{ name: "zeros", content: zeros, deflate: true }]);
  assertStringIncludes(await refusal(honest), 'entry "zeros" exceeds the size limit');
  const liar = rawZip([{ name: "zeros", content: zeros, deflate: true, claimedSize: 10 }]);
  assertStringIncludes(await refusal(liar), 'entry "zeros"');
});

Deno.test("unzip() refuses more bytes and entries than the limits allow", async () => {
  const limits = { ...DEFAULT_ARCHIVE_LIMITS, maxUnpackedBytes: 100, maxEntries: 10 };
  const content = "x".repeat(51);
  const bytes = rawZip([{ name: "a", content }, { name: "b", content }]);
  assertStringIncludes(await refusal(bytes, limits), 'entry "b" exceeds the size limit');
  const entries = rawZip(Array.from({ length: 11 }, (_, i) => ({ name: `${i}` })));
  assertStringIncludes(await refusal(entries, limits), "exceeds the limit of 10 entries");
  const implied = rawZip([{ name: "a/b/c/d/e/f/g/h/i/j/k" }]);
  assertStringIncludes(await refusal(implied, limits), "exceeds the limit of 10 entries");
});

Deno.test("unzip() takes what the 64-bit records say", async () => {
  const whole = rawZip([{ name: "a", content: "1" }, { name: "b/c" }]);
  const central = new DataView(whole.buffer, whole.length - 22).getUint32(16, true);
  const centralBytes = whole.length - 22 - central;
  const end = endRecords({ entries: 0xffff, centralBytes, centralOffset: central });
  const view = new DataView(end.buffer);
  for (const position of [24, 32]) view.setBigUint64(position, 2n, true);
  const archive = new Uint8Array([...whole.subarray(0, -22), ...end]);
  assertEquals(await unzipped(archive), { "a": "file:1", "b": "directory", "b/c": "file:" });
  view.setUint32(0, 0, true);
  const damaged = new Uint8Array([...whole.subarray(0, -22), ...end]);
  assertStringIncludes(await refusal(damaged), "its 64-bit end record is damaged");
});

Deno.test("unzip() is ended by its signal, and leaves nothing", async () => {
  await using directory = await TemporaryDirectory.create();
  const entries = Array.from({ length: 1000 }, (_, i) => ({ name: `${i}` }));
  await Deno.writeFile(directory.at("a.zip"), rawZip(entries));
  const abort = new AbortController();
  const { signal } = abort;
  const unpacking = unzip(directory.at("a.zip"), directory.at("out"), { signal });
  abort.abort(new Error("enough"));
  await assertRejects(() => unpacking, UserScriptError, "enough");
  assertEquals(Object.keys(await readTree(directory.path)), ["a.zip"]);
});

Deno.test("unzip() into a directory that is there leaves it alone", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeFile(directory.at("a.zip"), rawZip([{ name: "a" }]));
  await Deno.mkdir(directory.at("out"));
  await assertRejects(() => unzip(directory.at("a.zip"), directory.at("out")), UserScriptError);
  assertEquals(Object.keys(await readTree(directory.path)), ["a.zip", "out"]);
});
