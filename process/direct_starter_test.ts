import { assert, assertEquals, assertThrows } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { DirectStarter } from "./direct_starter.ts";
import { LAUNCHER_STARTER, type ShellCommand } from "./shell_command.ts";

/** A starter and a directory for its commands. */
class Bench implements AsyncDisposable {
  readonly starter: DirectStarter;
  readonly directory: TemporaryDirectory;

  private constructor(starter: DirectStarter, directory: TemporaryDirectory) {
    this.starter = starter;
    this.directory = directory;
  }

  static async create(): Promise<Bench> {
    const starter = DirectStarter.open();
    assert(starter);
    return new Bench(starter, await TemporaryDirectory.create());
  }

  command(command: string, rest: Partial<ShellCommand> = {}): ShellCommand {
    return {
      command,
      directory: this.directory.path,
      environment: { PATH: Deno.env.get("PATH") ?? "" },
      standardOutputPath: this.directory.at("out"),
      standardErrorPath: this.directory.at("err"),
      ...rest,
    };
  }

  run(command: string, rest: Partial<ShellCommand> = {}): Promise<number> {
    return this.starter.start(this.command(command, rest)).exitStatus;
  }

  /** The text of a file, by default of the output. */
  text(name = "out"): string {
    return Deno.readTextFileSync(this.directory.at(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.starter[Symbol.dispose]();
    await this.directory[Symbol.asyncDispose]();
  }
}

Deno.test("DirectStarter starts the shell of the command and no other program", async () => {
  await using bench = await Bench.create();
  const command = "tr '\\0' ' ' </proc/$$/cmdline; echo $PPID";
  assertEquals(await bench.run(command), 0);
  assertEquals(bench.text(), `/bin/sh -c -- ${command} ${Deno.pid}\n`);
});

Deno.test("DirectStarter reports every end, also of those that end at the same time", async () => {
  await using bench = await Bench.create();
  const discarded = { standardOutputPath: "/dev/null", standardErrorPath: "/dev/null" };
  const statuses = Array.from({ length: 40 }, (_, index) => index);
  const ends = statuses.map((status) => bench.run(`exit ${status}`, discarded));
  assertEquals(await Promise.all(ends), statuses);
  // Realtime signals have no names.
  assertEquals(await bench.run("kill -40 $$", discarded), -40);
});

Deno.test("DirectStarter surrounds a command as the launcher does", async () => {
  await using bench = await Bench.create();
  const command = `ls /proc/self/fd; grep -E '^(Sig(Blk|Ign|Cgt)|Umask)' /proc/self/status
    cat /proc/self/oom_score_adj /proc/self/limits; pwd; ls -l /proc/self/fd/0; set | sort`;
  const rest = { oomScoreIncrease: 300, environment: { PATH: "/usr/bin:/bin", X: "a 'b\nc" } };
  await bench.run(command, rest);
  const standardOutputPath = bench.directory.at("launched");
  const launched = { ...bench.command(command, rest), standardOutputPath };
  assertEquals(await LAUNCHER_STARTER.start(launched).exitStatus, 0);
  // The time of a link in /proc is that of the process.
  const text = (name: string) => bench.text(name).replace(/^.* ->/m, "->");
  assertEquals(text("out"), text("launched"));
});

Deno.test("DirectStarter leaves the score and the limit of this process as they were", async () => {
  await using bench = await Bench.create();
  const settings = () =>
    ["oom_score_adj", "limits"].map((name) => Deno.readTextFileSync(`/proc/self/${name}`));
  const before = settings();
  await bench.run("true", { oomScoreIncrease: 300 });
  assertThrows(() => bench.run("true", { oomScoreIncrease: 300, directory: "/no/such" }), Error);
  assertEquals(settings(), before);
});

Deno.test("DirectStarter creates fresh files and takes nothing that is in their place", async () => {
  await using bench = await Bench.create();
  const freshPaths = [bench.directory.at("out"), bench.directory.at("err")];
  assertEquals(await bench.run("echo one; echo two >&2", { freshPaths }), 0);
  assertEquals([bench.text(), bench.text("err")], ["one\n", "two\n"]);
  await Deno.symlink("elsewhere", bench.directory.at("link"));
  await new Deno.Command("mkfifo", { args: [bench.directory.at("pipe")] }).output();
  for (const name of ["out", "link", "pipe"]) {
    const standardOutputPath = bench.directory.at(name);
    const planted = { standardOutputPath, freshPaths: [standardOutputPath] };
    assertThrows(() => bench.run("true", planted), Error, "File exists");
  }
});

Deno.test("DirectStarter shares one fresh file between both streams", async () => {
  await using bench = await Bench.create();
  const path = bench.directory.at("both");
  const files = { standardOutputPath: path, standardErrorPath: path, freshPaths: [path] };
  await bench.run("echo one; echo two >&2; echo three", files);
  assertEquals(bench.text("both"), "one\ntwo\nthree\n");
});

Deno.test("DirectStarter follows no link to an output file and waits for no reader of a pipe", async () => {
  await using bench = await Bench.create();
  await Deno.writeTextFile(bench.directory.at("precious"), "precious");
  await Deno.symlink(bench.directory.at("precious"), bench.directory.at("link"));
  await new Deno.Command("mkfifo", { args: [bench.directory.at("pipe")] }).output();
  for (const name of ["link", "pipe"]) {
    assertThrows(() => bench.run("echo x", { standardErrorPath: bench.directory.at(name) }), Error);
  }
  assertEquals(bench.text("precious"), "precious");
});

Deno.test("DirectStarter has a command join its control group before it begins", async () => {
  await using bench = await Bench.create();
  const cgroupProcsPath = bench.directory.at("cgroup.procs");
  const command = `cat ${cgroupProcsPath}; echo $$`;
  const freshPaths = [bench.directory.at("out")];
  await bench.run(command, { cgroupProcsPath, freshPaths, oomScoreIncrease: 10 });
  const [joined, own] = bench.text().trim().split("\n");
  assertEquals(joined, own);
});
