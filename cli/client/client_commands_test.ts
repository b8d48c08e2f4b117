import { assertEquals, assertStringIncludes } from "@std/assert";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { runProgram } from "../program.ts";
import { fakeSystem } from "../testing.ts";

Deno.test("commands without a scheduler, or with a wrong job, say so", async () => {
  await using directory = await TemporaryDirectory.create();
  const environment = {
    HOME: directory.path,
    XDG_RUNTIME_DIR: "",
    TOIL_MESOS_SCHEDULER: `unix:${directory.at("s")}`,
  };
  const none = directory.at("none");
  const cases: [string[], number, string][] = [
    [["status"], 3, "is the scheduler running?"],
    [["jobs", "1", "--state", "running"], 2, "Expected ids of jobs or --state, not both"],
    [["jobs", "1", "--limit", "1"], 2, "Expected ids of jobs or --limit, not both"],
    [["jobs", "--all", "--state", "ended"], 2, "Expected --all or --state, not both"],
    [["logs", "9007199254740993"], 2, "from 1 to 2^53 - 1"],
    [["kill", "9007199254740993"], 2, "from 1 to 2^53 - 1"],
    [["jobs", "9007199254740993"], 2, "from 1 to 2^53 - 1"],
    [["submit", "--jobs", none], 2, `Cannot read ${none}: No such file or directory\n`],
    [["wait"], 2, "Expected the id of a job"],
    [["wait", "9007199254740993"], 2, "Expected the id of a job"],
    [["kill", "x"], 2, 'got "x"'],
    [["submit"], 2, "Expected a command after --"],
    [["submit", "--array", "5-1", "--", "true"], 2, "--array"],
    [["submit", "--array", "1-9999999", "--", "true"], 2, "at most 100000"],
    [["submit", "--env", "x", "--", "true"], 2, "expected NAME=VALUE"],
    [["status", "--scheduler", "nowhere"], 2, "expected unix:PATH or HOST:PORT"],
    [["completion", "fish"], 2, "Expected bash or zsh"],
  ];
  for (const [args, expected, message] of cases) {
    const { system, written } = fakeSystem({ environment });
    assertEquals(await runProgram(args, system), expected, `${args}: ${written.error}`);
    assertStringIncludes(written.error, message);
  }
});
