/**
 * The head of a self-extracting program, with a shell script in Deno's place: where it unpacks, what
 * it trusts, and what it hands on.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import { userInfo } from "node:os";
import { TemporaryDirectory, writeTree } from "../../resource/testing.ts";
import { ROOT } from "../kit/sources.ts";
import { waitFor } from "../kit/wait_for.ts";

const PATH = "/usr/local/bin:/usr/bin:/bin";

/** Tells how it was started, each word ended by a NUL. */
const STUB_DENO = `#!/bin/sh
printf '%s\\0' "$TOIL_MESOS_PROGRAM" "$DENO_DIR" "$(umask)" "$$" "$(pwd)" "$TOIL_MESOS_OPEN_FILES" "$@"
exit 7
`;

const STUB_EXIT_CODE = 7;

/** A user whom the password database does not know. */
const STUB_ID = `executable:#!/bin/sh
[ "$1" = -u ] && exec /usr/bin/id -u
exit 1
`;

/** Called as `tar -xof - -C DIRECTORY`. */
const STUB_TAR = `executable:#!/bin/sh
echo '#!/bin/sh' >"$4/deno"
exec sleep 1000
`;

interface Start {
  readonly code: number;
  readonly stderr: string;
  readonly pid: number;
  readonly program: string;
  readonly denoDir: string;
  readonly umask: string;
  readonly toldPid: number;
  readonly directory: string;
  readonly openFiles: string;
  readonly args: string[];
}

interface StartOptions {
  readonly command?: string;
  readonly args?: string[];
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** A self-extracting program in a directory of its own. */
class Program implements AsyncDisposable {
  readonly directory: TemporaryDirectory;
  readonly file: string;
  readonly home: string;

  static async pack(): Promise<Program> {
    const directory = await TemporaryDirectory.create();
    await writeTree(directory.path, {
      "deno": `executable:${STUB_DENO}`,
      // Another content each time: no cache of the machine can hold it.
      "bundle": "directory",
      "bundle/main.js": `file:// ${crypto.randomUUID()}`,
      "bundle/chunk.js": "file:// part",
      "home": "directory",
      "stubs": "directory",
      "stubs/id": STUB_ID,
    });
    const file = directory.at("toil-mesos");
    const { success } = await new Deno.Command("sh", {
      args: [
        join(ROOT, "tools/self_extracting.sh"),
        directory.at("deno"),
        directory.at("bundle"),
        "1.2.3",
        file,
      ],
    }).output();
    assert(success);
    return new Program(directory, file);
  }

  private constructor(directory: TemporaryDirectory, file: string) {
    this.directory = directory;
    this.file = file;
    this.home = directory.at("home");
  }

  /** The directory that appears in a cache. */
  get key(): string {
    return /^KEY=(.+)$/m.exec(Deno.readTextFileSync(this.file))?.[1] as string;
  }

  /** A PATH on which `id` knows no user. */
  get pathWithoutUser(): string {
    return `${this.directory.at("stubs")}:${PATH}`;
  }

  async start(options: StartOptions = {}): Promise<Start> {
    const { command = this.file, args = [], env = { HOME: this.home }, cwd } = options;
    const process = new Deno.Command(command, {
      args,
      env: { PATH, ...env },
      clearEnv: true,
      cwd: cwd ?? this.directory.path,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { code, stdout, stderr } = await process.output();
    const words = new TextDecoder().decode(stdout).split("\0").slice(0, -1);
    const [program = "", denoDir = "", umask = "", toldPid = "", directory = ""] = words;
    const [openFiles = "", ...rest] = words.slice(5);
    const bundle = rest.findIndex((word) => word.endsWith("/main.js"));
    return {
      code,
      stderr: new TextDecoder().decode(stderr),
      pid: process.pid,
      program,
      denoDir,
      umask,
      toldPid: Number(toldPid),
      directory,
      openFiles,
      args: rest.slice(bundle + 1),
    };
  }

  /** Starts it as a process group that unpacks a bit and then no more. */
  async startAndHang(): Promise<Deno.ChildProcess> {
    await writeTree(this.directory.at("hanging"), { "tar": STUB_TAR });
    const process = new Deno.Command(this.file, {
      env: { HOME: this.home, PATH: `${this.directory.at("hanging")}:${PATH}` },
      clearEnv: true,
      detached: true,
    }).spawn();
    const half = join(this.home, ".cache/toil-mesos", `${this.key}.${process.pid}`, "deno");
    await waitFor(() => Deno.lstat(half).catch(() => undefined), "half a program");
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.directory[Symbol.asyncDispose]();
  }
}

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

/** That the program ran from this cache, and that nothing half finished is in it. */
function assertRanFrom(cache: string, start: Start, program: Program): void {
  assertEquals(start.code, STUB_EXIT_CODE, start.stderr);
  assertEquals(start.denoDir, join(cache, program.key, "cache"));
  assertEquals(names(cache), [program.key]);
  assertEquals(names(join(cache, program.key)), ["chunk.js", "deno", "main.js"]);
}

function assertRefused(cache: string, start: Start, reason: RegExp): void {
  const refusals = start.stderr.split("\n").filter((line) => line.includes(cache));
  assertEquals(refusals.length, 1, start.stderr);
  assertMatch(refusals[0] as string, /^toil-mesos: Cannot unpack \d+ MB into /);
  assertMatch(refusals[0] as string, reason);
}

/** Puts a directory of another user in the place of this one. */
async function giveAway(directory: string): Promise<void> {
  if (Deno.uid() === 0) return await Deno.chown(directory, 54321, 54321);
  // Only root can give something away; the others have a link to what is root's.
  await Deno.remove(directory, { recursive: true });
  await Deno.symlink("/usr", directory);
}

Deno.test("the head hands on arguments, directory, umask, exit code and its process", async () => {
  await using program = await Program.pack();
  const args = ["two words", "", "a\nnewline", "--flag", "$HOME `id` \"'"];
  for (const _ of ["first", "later"]) {
    const start = await program.start({ args, cwd: "/" });
    assertEquals(start.args, args);
    assertEquals(start.directory, "/");
    assertEquals(start.toldPid, start.pid);
    assertEquals(start.code, STUB_EXIT_CODE);
    assertEquals(start.umask.slice(-3), Deno.umask().toString(8).padStart(3, "0"));
    assertEquals(start.stderr, "");
  }
});

Deno.test("the head knows the program's path however it was called", async () => {
  await using program = await Program.pack();
  const { directory, file } = program;
  await writeTree(directory.path, { "a b": "directory", "a b/linked": `link:${file}` });
  const link = directory.at("a b", "linked");
  const calls: [StartOptions, string][] = [
    [{}, file],
    [{ command: link }, link],
    [{ command: "/bin/sh", args: ["-c", "./toil-mesos"] }, directory.at("./toil-mesos")],
    [{ command: "/bin/sh", args: ["toil-mesos"] }, file],
    [{
      command: "/bin/sh",
      args: ["-c", "exec linked"],
      env: { HOME: program.home, PATH: `${PATH}:${directory.at("a b")}` },
      cwd: "/",
    }, link],
  ];
  for (const [options, path] of calls) {
    const start = await program.start(options);
    assertEquals(join(start.program), path);
    assert(start.program.startsWith("/"));
  }
});

Deno.test("the head says that the current directory was removed", async () => {
  await using program = await Program.pack();
  const gone = program.directory.at("gone");
  await Deno.mkdir(gone);
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `rmdir '${gone}'; exec '${program.file}'`],
    cwd: gone,
    env: { HOME: program.home, PATH },
  }).output();
  assertEquals([code, stdout.length], [2, 0]);
  assertMatch(new TextDecoder().decode(stderr), /the current directory was removed; change to/);
});

Deno.test("the head unpacks into XDG_CACHE_HOME, else HOME, else TMPDIR", async () => {
  await using program = await Program.pack();
  const { directory, home } = program;
  await writeTree(directory.path, { "tmp": "directory" });
  const xdg = directory.at("not yet", "there");
  const environment = {
    PATH: program.pathWithoutUser,
    TMPDIR: directory.at("tmp"),
  };
  const temporary = directory.at("tmp", `toil-mesos-${Deno.uid()}`);
  const places: [Record<string, string>, string][] = [
    [{ HOME: home, XDG_CACHE_HOME: xdg }, join(xdg, "toil-mesos")],
    [{ HOME: home, XDG_CACHE_HOME: "relative" }, join(home, ".cache/toil-mesos")],
    [{ HOME: directory.at("none") }, temporary],
    [{}, temporary],
  ];
  for (const [env, cache] of places) {
    const start = await program.start({ env: { ...environment, ...env } });
    assertRanFrom(cache, start, program);
    assertEquals(start.stderr, "");
    assertEquals(((await Deno.stat(cache)).mode ?? 0) & 0o777, 0o700);
  }
  assertEquals(names(directory.path).includes("none"), false);
});

Deno.test("the head finds the home directory that the password database has", async () => {
  await using program = await Program.pack();
  const cache = join(userInfo().homedir, ".cache/toil-mesos");
  try {
    const start = await program.start({ env: {} });
    assertEquals(start.denoDir, join(cache, program.key, "cache"));
  } finally {
    await Deno.remove(join(cache, program.key), { recursive: true });
    // Where others are in it, it stays.
    await Deno.remove(cache).catch(() => {});
  }
});

Deno.test("the head tells Deno the limit of open files that it was started with", async () => {
  await using program = await Program.pack();
  const start = await program.start({
    command: "/bin/sh",
    args: ["-c", `ulimit -S -n 177; exec '${program.file}'`],
    env: { HOME: program.home, TOIL_MESOS_OPEN_FILES: "1" },
  });
  assertEquals(start.openFiles, "177");
});

Deno.test("the head unpacks once", async () => {
  await using program = await Program.pack();
  await program.start();
  const deno = join(program.home, ".cache/toil-mesos", program.key, "deno");
  const { ino } = await Deno.stat(deno);
  // An environment in which ls and tar are asked for other output.
  const env = { HOME: program.home, BLOCK_SIZE: "1M", QUOTING_STYLE: "c", TIME_STYLE: "full-iso" };
  assertEquals((await program.start({ env })).code, STUB_EXIT_CODE);
  assertEquals((await Deno.stat(deno)).ino, ino);
});

Deno.test("the head works for many that start at once", async () => {
  await using program = await Program.pack();
  const starts = await Promise.all(Array.from({ length: 8 }, () => program.start()));
  const cache = join(program.home, ".cache/toil-mesos");
  for (const start of starts) {
    assertRanFrom(cache, start, program);
    assertEquals(start.stderr, "");
  }
});

Deno.test("the head unpacks anew where files lack a part", async () => {
  await using program = await Program.pack();
  const cache = join(program.home, ".cache/toil-mesos");
  await program.start();
  for (const name of ["deno", "main.js", "chunk.js"]) {
    const file = join(cache, program.key, name);
    const whole = await Deno.readFile(file);
    await Deno.truncate(file, whole.length - 1);
    assertRanFrom(cache, await program.start(), program);
    assertEquals(await Deno.readFile(file), whole);
    await Deno.remove(file);
    assertRanFrom(cache, await program.start(), program);
  }
});

Deno.test("the head uses nothing that a killed process left half unpacked", async () => {
  await using program = await Program.pack();
  const cache = join(program.home, ".cache/toil-mesos");
  const killed = await program.startAndHang();
  Deno.kill(-killed.pid, "SIGKILL");
  await killed.status;

  assertEquals((await program.start()).code, STUB_EXIT_CODE);
  assertEquals(names(cache), [program.key, `${program.key}.${killed.pid}`]);
  // The next process that has its number leaves that directory alone.
  await Deno.remove(join(cache, program.key), { recursive: true });
  const script = `mkdir -p "$0.$$" && exec "$1"`;
  const sameNumber = await program.start({
    command: "/bin/sh",
    args: ["-c", script, join(cache, program.key), program.file],
  });
  assertEquals(sameNumber.code, STUB_EXIT_CODE, sameNumber.stderr);
  assertEquals(names(cache), [
    program.key,
    ...[killed.pid, sameNumber.pid].sort().map((pid) => `${program.key}.${pid}`),
  ]);
});

Deno.test("the head cleans up when a signal ends it", async () => {
  await using program = await Program.pack();
  const cache = join(program.home, ".cache/toil-mesos");
  const ended = await program.startAndHang();
  Deno.kill(-ended.pid, "SIGTERM");
  assertEquals((await ended.status).signal, "SIGTERM");
  await waitFor(() => names(cache).length === 0, "an empty cache");
});

Deno.test("the head goes on to the next place where it can't write", async () => {
  await using program = await Program.pack();
  const { directory, home } = program;
  await writeTree(directory.path, { "file": "file:", "tmp": "directory" });
  await writeTree(home, { ".cache": "file:" });
  const start = await program.start({
    env: {
      XDG_CACHE_HOME: directory.at("file"),
      HOME: home,
      PATH: program.pathWithoutUser,
      TMPDIR: directory.at("tmp"),
    },
  });
  assertRefused(directory.at("file"), start, /Not a directory/);
  assertRefused(home, start, /Not a directory/);
  assertRanFrom(directory.at("tmp", `toil-mesos-${Deno.uid()}`), start, program);
});

Deno.test("the head trusts no cache into which others can write", async () => {
  await using program = await Program.pack();
  const xdg = program.directory.at("xdg");
  const planted = join(xdg, "toil-mesos", program.key);
  const cache = join(program.home, ".cache/toil-mesos");
  await program.start({ env: { XDG_CACHE_HOME: xdg } });
  for (const mode of [0o770, 0o707]) {
    await Deno.chmod(join(xdg, "toil-mesos"), mode);
    const start = await program.start({ env: { XDG_CACHE_HOME: xdg, HOME: program.home } });
    assertRanFrom(cache, start, program);
    assertNotEquals(start.denoDir, join(planted, "cache"));
    await Deno.remove(cache, { recursive: true });
  }
  const refused = await program.start({ env: { XDG_CACHE_HOME: xdg, HOME: program.home } });
  assertRefused(xdg, refused, /others own it or its parent, or can write to it/);
});

Deno.test("the head follows no link in the place of its cache", async () => {
  await using program = await Program.pack();
  const xdg = program.directory.at("xdg");
  await program.start({ env: { XDG_CACHE_HOME: xdg } });
  await Deno.rename(join(xdg, "toil-mesos"), join(xdg, "elsewhere"));
  await Deno.symlink("elsewhere", join(xdg, "toil-mesos"));
  const start = await program.start({ env: { XDG_CACHE_HOME: xdg, HOME: program.home } });
  assertRefused(xdg, start, /others own it/);
  assertRanFrom(join(program.home, ".cache/toil-mesos"), start, program);
});

Deno.test("the head trusts no place that is somebody else's", async () => {
  await using program = await Program.pack();
  const { directory, home } = program;
  const xdg = directory.at("xdg");
  for (const foreign of [xdg, join(xdg, "toil-mesos")]) {
    await program.start({ env: { XDG_CACHE_HOME: xdg } });
    await giveAway(foreign);
    const start = await program.start({ env: { XDG_CACHE_HOME: xdg, HOME: home } });
    assertRefused(xdg, start, /others own it|Permission denied/);
    assertRanFrom(join(home, ".cache/toil-mesos"), start, program);
    await Deno.remove(xdg, { recursive: true });
    await Deno.remove(join(home, ".cache"), { recursive: true });
  }
});

Deno.test("the head leaves the home directory of somebody else alone", async () => {
  await using program = await Program.pack();
  const { directory, home } = program;
  const env = { HOME: home, PATH: program.pathWithoutUser, TMPDIR: directory.at("tmp") };
  await writeTree(directory.path, { "tmp": "directory" });
  await giveAway(home);
  const start = await program.start({ env });
  assertRanFrom(directory.at("tmp", `toil-mesos-${Deno.uid()}`), start, program);
  assertEquals(start.stderr, "");
});

Deno.test("the head names a damaged copy, and leaves nothing of it", async () => {
  await using program = await Program.pack();
  const { directory } = program;
  const { size } = await Deno.stat(program.file);
  await Deno.truncate(program.file, size - 100);
  await writeTree(directory.path, { "tmp": "directory" });
  const start = await program.start({
    env: { PATH: program.pathWithoutUser, TMPDIR: directory.at("tmp") },
  });
  assertEquals(start.code, 126);
  assertRefused(directory.at("tmp"), start, /gzip/);
  assertEquals(names(directory.at("tmp", `toil-mesos-${Deno.uid()}`)), []);
});
