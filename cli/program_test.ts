import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { TemporaryDirectory } from "../resource/testing.ts";
import { EXIT_CODE } from "./exit_code.ts";
import { optionName } from "./options/parse_options.ts";
import { COMMANDS, runProgram } from "./program.ts";
import { SCHEDULER_OPTIONS } from "./options/scheduler_options.ts";
import { fakeSystem } from "./testing.ts";

/** Runs the program on a system that reaches nothing. */
async function run(args: string[], parts: Parameters<typeof fakeSystem>[0] = {}) {
  const { system, written } = fakeSystem(parts);
  const exitCode = await runProgram(args, system);
  return { exitCode, ...written };
}

/** Runs it with what can't be run, and gives what it says. */
async function complaint(args: string[], environment: Record<string, string> = {}) {
  const { exitCode, output, error } = await run(args, { environment });
  assertEquals(output, "");
  assertEquals(exitCode, EXIT_CODE.USAGE, error);
  return error;
}

function assertFits(help: string): void {
  const tooLong = help.split("\n").filter((line) => line.length > 80);
  assertEquals(tooLong, []);
}

Deno.test("runProgram() tells its version", async () => {
  for (const flag of ["--version", "-V"]) {
    const { exitCode, output } = await run([flag]);
    assertEquals([exitCode, output], [EXIT_CODE.OK, `toil-mesos ${config.version}\n`]);
  }
});

Deno.test("runProgram() explains itself, on standard error where that is no answer", async () => {
  const { exitCode, output, error } = await run(["--help"]);
  assertEquals([exitCode, error], [EXIT_CODE.OK, ""]);
  assertFits(output);
  for (const name of ["scheduler", "executor", "cluster"]) assertStringIncludes(output, name);
  for (const args of [["-h"], ["help"]]) assertEquals((await run(args)).output, output);
  assertEquals(await run([]), { exitCode: EXIT_CODE.USAGE, output: "", error: output });
});

Deno.test("runProgram() explains every command in 80 columns", async () => {
  for (const name of ["scheduler", "executor", "cluster"]) {
    const { exitCode, output } = await run([name, "--help"]);
    assertEquals(exitCode, EXIT_CODE.OK);
    assertFits(output);
    assertMatch(output, new RegExp(`^toil-mesos ${name}: `));
    assertStringIncludes(output, "--log-level L");
    assertEquals((await run([name, "--no-such-option", "-h"])).output, output);
    assertEquals((await run(["help", name])).output, output);
  }
});

Deno.test("the help of every command has an example and its exit codes", async () => {
  for (const { name } of COMMANDS) {
    const help = (await run([name, "--help"])).output.replaceAll("\n", " ");
    assertStringIncludes(help, `toil-mesos ${name}: `);
    assertStringIncludes(help, "Exit codes: 0 ");
    if (name !== "executor") assertStringIncludes(help, "Example: ");
  }
});

Deno.test("runProgram() explains every option of the scheduler", async () => {
  const { output } = await run(["scheduler", "--help"]);
  for (const key of Object.keys(SCHEDULER_OPTIONS)) {
    assertMatch(output, new RegExp(`^  --${optionName(key)}\\b`, "m"));
  }
  for (const form of ["HOST[:PORT]", "http(s)://", "zk://", "local[:AGENTS]"]) {
    assertStringIncludes(output, form);
  }
});

Deno.test("runProgram() suggests commands and options", async () => {
  assertStringIncludes(await complaint(["schduler"]), 'did you mean "scheduler"?');
  assertStringIncludes(await complaint(["help", "clutser"]), 'did you mean "cluster"?');
  assertStringIncludes(await complaint(["--jobs", "x"]), "Expected a command before --jobs");
  assertStringIncludes(await complaint(["scheduler", "--job", "x"]), "did you mean --jobs?");
  assertStringIncludes(await complaint(["cluster", "--agent=2"]), "did you mean --agents?");
});

Deno.test("runProgram() takes no arguments that mean nothing", async () => {
  for (const name of ["scheduler", "executor", "cluster"]) {
    assertEquals(await complaint([name, "jobs"]), 'toil-mesos: Unexpected argument "jobs"\n');
  }
});

Deno.test("runProgram() says which variables an executor lacks outside Mesos", async () => {
  const error = await complaint(["executor"], { MESOS_FRAMEWORK_ID: "f" });
  assertStringIncludes(error, "MESOS_EXECUTOR_ID");
  assertEquals(error.includes("MESOS_FRAMEWORK_ID"), false);
});

Deno.test("runProgram() names what is wrong with options, wherever they come from", async () => {
  const cases: [string[], Record<string, string>, string][] = [
    [["scheduler"], {}, "give jobs with --jobs, as in"],
    [["scheduler", "--clean-work-dir", "now"], {}, "--clean-work-dir: expected always, onSuccess"],
    [["scheduler", "--log-format", "xml"], {}, "--log-format: expected text or json"],
    [["scheduler", "--log-level", "loud"], {}, '--log-level: Cannot read "loud" as a log level'],
    [["scheduler"], { TOIL_MESOS_MAX_CORES: "many" }, "TOIL_MESOS_MAX_CORES: Cannot read"],
    [["cluster", "--agents", "0"], {}, "--agents: expected 1 to 100"],
    [["cluster", "--agents", "101"], {}, "--agents: expected 1 to 100"],
    [["cluster", "--port", "http"], {}, "--port: Cannot read"],
    [["cluster", "--port", "65536"], {}, "--port: expected 0 to 65535"],
    [
      ["cluster", "--port", "0", "--work-dir", "/proc/no"],
      {},
      "Cannot make the directory /proc/no: ",
    ],
  ];
  for (const [args, environment, expected] of cases) {
    assertStringIncludes(await complaint(args, environment), expected);
  }
});

Deno.test("runProgram() names what is wrong with what the options name", async () => {
  await using directory = await TemporaryDirectory.create();
  const jobs = directory.at("jobs.jsonl");
  await Deno.writeTextFile(jobs, '{"command":"true"}\n');
  const missing = directory.at("missing");
  const cases: [string[], string][] = [
    [["--jobs", missing], `Cannot read ${missing}: No such file or directory`],
    [["--jobs", directory.path], `Cannot read ${directory.path}: Is a directory`],
    [["--jobs", jobs, "--user-script", missing], `Cannot deploy user script ${missing}: `],
    [["--jobs", jobs, "--user-script", "/"], "Cannot deploy user script /: "],
    [["--jobs", jobs, "--set-env", "=x"], '--set-env: expected NAME or NAME=VALUE, got "=x"'],
    [["--jobs", jobs, "--set-env", "NOT_SET"], "--set-env: NOT_SET is not set here"],
    [["--jobs", jobs, "--secret-file", jobs], "--secret-file needs --principal"],
    [["--jobs", jobs, "--principal", "p", "--secret-file", jobs], "run chmod 600 on it"],
    [["--jobs", jobs, "--ca-file", missing], `Cannot read ${missing}: `],
    [["--jobs", jobs, "--ca-file", jobs], `Cannot use ${jobs}: it contains no PEM certificate`],
    [["--jobs", jobs, "--batch-logs-dir", jobs], `Cannot make the directory ${jobs}: `],
    [["--jobs", jobs, "--max-cores", "0.5"], "line 1: field 'cores': "],
    [["--jobs", jobs, "--endpoint", "local:0"], "--endpoint: expected local:1 to local:100"],
    [["--jobs", jobs, "--endpoint", "local:two"], "--endpoint: expected local:1 to local:100"],
    [["--jobs", "-"], "Cannot run standard input: it contains no jobs"],
  ];
  for (const [args, expected] of cases) {
    assertStringIncludes(
      await complaint(["scheduler", ...args]),
      `toil-mesos: ${expected}`.slice(12),
    );
  }
});

Deno.test("runProgram() says what is wrong with an endpoint before it looks for it", async () => {
  await using directory = await TemporaryDirectory.create();
  const jobs = directory.at("jobs.jsonl");
  await Deno.writeTextFile(jobs, '{"command":"true"}\n');
  const args = ["scheduler", "--jobs", jobs, "--endpoint", "ftp://m", "--user-script", jobs];
  const { exitCode, error } = await run(args);
  assertStringIncludes(error, 'toil-mesos: --endpoint: Cannot read "ftp://m" as a master: ');
  assertEquals(exitCode, EXIT_CODE.USAGE);
});

Deno.test("runProgram() lets errors that nobody has thought of show their origin", async () => {
  const broken = new TypeError("a broken invariant");
  const { system } = fakeSystem({
    configureLogging: () => {
      throw broken;
    },
  });
  assertEquals(await assertRejects(() => runProgram(["scheduler"], system)), broken);
});
