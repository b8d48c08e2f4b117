/**
 * What compile.sh makes, whichever of the two kinds it is, as users and agents call it: made once,
 * then run without Deno, and outside of this checkout.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { userInfo } from "node:os";
import { TemporaryDirectory, writeTree } from "../../resource/testing.ts";
import { ROOT } from "../kit/sources.ts";
import { waitFor } from "../kit/wait_for.ts";
import { VERSION } from "../../support/version.ts";

const COMPILE = join(ROOT, "compile.sh");

/** Where programs unpack that have no environment. */
const COMMON_CACHES = [
  join(userInfo().homedir, ".cache/toil-mesos"),
  `/tmp/toil-mesos-${Deno.uid()}`,
];

/** Runs wherever it is put, like the jobs of the conformance suite. */
const SMALL = { cores: 0.1, memory: "64Mi", disk: "1Mi" };

/** Tells who started it: the words of the process, and the file that it is. */
const TELL_PARENT = [
  `tr '\\0' ' ' </proc/$PPID/cmdline >"$OUT/words"`,
  `tr '\\0' '\\n' </proc/$PPID/environ | sed -n 's/^TOIL_MESOS_PROGRAM=//p' >"$OUT/file"`,
  `[ -s "$OUT/file" ] || readlink /proc/$PPID/exe >"$OUT/file"`,
].join("; ");

let directory: TemporaryDirectory;
let program: string;
let isSelfExtracting: boolean;
let commonEntries: Set<string>;

function entries(caches: readonly string[]): string[] {
  return caches.flatMap((cache) => {
    try {
      return [...Deno.readDirSync(cache)].map(({ name }) => join(cache, name));
    } catch {
      return [];
    }
  });
}

Deno.test.beforeAll(async () => {
  commonEntries = new Set(entries(COMMON_CACHES));
  directory = await TemporaryDirectory.create();
  program = directory.at("a directory", "toil-mesos");
  const { code } = await new Deno.Command("sh", {
    args: [COMPILE, program],
    env: { DENO: Deno.execPath() },
    // Which kind it makes is told there.
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  const { mode } = await Deno.stat(program);
  assertEquals((mode ?? 0) & 0o777, 0o755);
  isSelfExtracting = new TextDecoder().decode((await Deno.readFile(program)).slice(0, 2)) === "#!";
});

Deno.test.afterAll(async () => {
  const added = entries(COMMON_CACHES).filter((entry) => !commonEntries.has(entry));
  for (const entry of added) await Deno.remove(entry, { recursive: true });
  // Where others are in it, it stays.
  for (const cache of COMMON_CACHES) await Deno.remove(cache).catch(() => {});
  await directory[Symbol.asyncDispose]();
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly command?: string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** An environment with a cache of its own, which the tests share. */
function ownCache(): Record<string, string> {
  return { XDG_CACHE_HOME: directory.at("cache"), PATH: "/usr/bin:/bin" };
}

function start(args: string[], options: RunOptions = {}): Deno.ChildProcess {
  const { command = program, env = ownCache(), cwd = "/" } = options;
  return new Deno.Command(command, {
    args,
    env,
    clearEnv: true,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function outcomeOf(process: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await process.output();
  const [output, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: output as string, stderr: error as string };
}

function run(args: string[], options?: RunOptions): Promise<Outcome> {
  return outcomeOf(start(args, options));
}

interface Place {
  readonly out: string;
  readonly args: string[];
}

/** A directory for what jobs say, and the arguments of a scheduler that runs them. */
async function place(name: string, commands: string[]): Promise<Place> {
  const out = directory.at(name);
  await Deno.mkdir(out);
  const lines = commands.map((command) => JSON.stringify({ command, ...SMALL }));
  await Deno.writeTextFile(join(out, "jobs.jsonl"), lines.join("\n"));
  const jobs = ["--jobs", join(out, "jobs.jsonl"), "--set-env", `OUT=${out}`];
  return { out, args: ["scheduler", "--endpoint", "local", ...jobs] };
}

async function linesOf(path: string): Promise<string[]> {
  return (await Deno.readTextFile(path)).split("\n").slice(0, -1);
}

Deno.test("the program tells its version without an environment, from anywhere", async () => {
  assertEquals((await run(["--version"], { env: {} })).stdout, `toil-mesos ${VERSION}\n`);
  await Deno.symlink(program, directory.at("link"));
  const relative = { command: "./link", cwd: directory.path };
  assertEquals((await run(["--version"], relative)).stdout, `toil-mesos ${VERSION}\n`);
});

Deno.test("the program minds no configuration that lies around", async () => {
  const cwd = directory.at("strange");
  const broken = "file:{ broken";
  await writeTree(cwd, {
    "deno.json": broken,
    "deno.lock": broken,
    "package.json": broken,
    "node_modules": "directory",
  });
  const { stdout, stderr } = await run(["--version"], { cwd });
  assertEquals([stdout, stderr], [`toil-mesos ${VERSION}\n`, ""]);
});

Deno.test("the program hands on exit codes, and arguments as they are", async () => {
  const { code, stderr } = await run(["an unknown\ncommand"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, `"an unknown\ncommand"`);
});

Deno.test("the program as an executor outside Mesos says what is missing", async () => {
  const { code, stderr } = await run(["executor"]);
  assertEquals(code, 2);
  assertMatch(stderr, /MESOS_AGENT_ENDPOINT.*not set/);
  assertEquals(stderr.trimEnd().split("\n").length, 1);
});

Deno.test("the program runs jobs on executors that are the program itself", async () => {
  const script = directory.at("script");
  await writeTree(script, { "greeting": "file:hello\n" });
  const { out, args } = await place("jobs", [
    TELL_PARENT,
    `cp "$TOIL_MESOS_USER_SCRIPT/greeting" "$OUT"`,
    "exit 3",
  ]);
  const results = join(out, "results.jsonl");
  const state = ["--state", join(out, "state"), "--results", results, "--user-script", script];
  const { code, stderr } = await run([...args, ...state]);
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /3 jobs: 2 finished, 1 failed, 0 lost, 0 killed/);
  const statuses = (await linesOf(results)).map((line) => JSON.parse(line))
    .sort((one, other) => one.jobID - other.jobID)
    .map(({ exitStatus }) => exitStatus);
  assertEquals(statuses, [0, 0, 3]);
  assertEquals(await linesOf(join(out, "greeting")), ["hello"]);
  assertEquals(await linesOf(join(out, "file")), [program]);
  assertMatch(await Deno.readTextFile(join(out, "words")), / executor $/);
});

Deno.test("the program gives itself to agents that have no copy", async () => {
  const { out, args } = await place("served", [TELL_PARENT]);
  const { code, stderr } = await run([...args, "--executor-uri", "self"]);
  assertEquals(code, 0, stderr);
  const [file = ""] = await linesOf(join(out, "file"));
  assertMatch(file, /\/runs\/.+\/toil-mesos$/);
});

Deno.test("the program is what signals reach", async () => {
  const { out, args } = await place("interrupted", [`echo $$ >"$OUT/pid"; exec sleep 1000`]);
  const process = start(args);
  const pid = await waitFor(
    () => Deno.readTextFile(join(out, "pid")).then(Number, () => undefined),
    "a job",
  );
  process.kill("SIGINT");
  const { code, stderr } = await outcomeOf(process);
  assertEquals(code, 130, stderr);
  await waitFor(() => Deno.stat(`/proc/${pid}`).then(() => false, () => true), "the job's end");
});

Deno.test("the program starts for the first time many times at once", async () => {
  // A user whom the password database does not know has no other cache.
  await writeTree(directory.at("stubs"), { "id": "executable:#!/bin/sh\nexit 1\n" });
  const env = {
    XDG_CACHE_HOME: directory.at("fresh"),
    TMPDIR: directory.at("none"),
    PATH: `${directory.at("stubs")}:/usr/bin:/bin`,
  };
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => run(["--version"], { env })));
  for (const outcome of outcomes) {
    assertEquals(outcome, { code: 0, stdout: `toil-mesos ${VERSION}\n`, stderr: "" });
  }
  const cache = join(env.XDG_CACHE_HOME, "toil-mesos");
  assertEquals(entries([cache]).length, isSelfExtracting ? 1 : 0);
});

/** Runs compile.sh on a small program. */
async function compile(
  name: string,
  { main, env = {} }: { main: string; env?: Record<string, string> },
): Promise<Outcome & { isMade: boolean }> {
  const project = directory.at(name);
  await writeTree(project, { "deno.json": "file:{}", "main.ts": `file:${main}` });
  await Deno.copyFile(COMPILE, join(project, "compile.sh"));
  const process = new Deno.Command("sh", {
    args: [join(project, "compile.sh"), "out/program"],
    cwd: project,
    env: { DENO: Deno.execPath(), ...env },
    stdout: "piped",
    stderr: "piped",
  });
  const outcome = await outcomeOf(process.spawn());
  return { ...outcome, isMade: [...Deno.readDirSync(join(project, "out"))].length > 0 };
}

Deno.test("compile.sh stops at an error of ours", async () => {
  const main = `const text: number = "text";\nexport default text;`;
  const { code, stderr, isMade } = await compile("error", { main });
  assert(code !== 0 && !isMade);
  assertStringIncludes(stderr, "TS2322");
  assertEquals(stderr.includes("no runtime"), false);
});

Deno.test("compile.sh takes nothing but a runtime for a runtime", async () => {
  const main = `console.log("toil-mesos 0.0.0");`;
  for (
    const [runtime, message] of [
      [directory.at("none"), /DENORT_BIN is not a runtime for deno compile/],
      // Can be joined to a program, and prints another version.
      [Deno.execPath(), /the program does not run/],
    ] as const
  ) {
    const { code, stderr, isMade } = await compile("runtime", {
      main,
      env: { DENORT_BIN: runtime },
    });
    assert(code !== 0 && !isMade);
    assertMatch(stderr, message);
  }
});
