// Jobs that do what no job should: each still ends, with the status that it gave itself.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { isAlive } from "../../process/process_table.ts";
import { TestExecutor } from "../../executor/testing.ts";

const LONGEST_ARGUMENT_BYTES = 128 * 1024;

const ENDINGS: Record<string, [command: string, exitStatus: number]> = {
  "is empty": ["", 0],
  "is not found": ["/no/such/program", 127],
  "can't be executed": ["/dev/null", 126],
  "has lines and letters of all kinds": ["true\n\n[ 'ü漢🎉' = 'ü漢🎉' ]\nexit 5\n", 5],
  "is no shell's": ["if (", 2],
  "is nearly too long": [`: ${"x".repeat(LONGEST_ARGUMENT_BYTES - 20)}; exit 6`, 6],
  "removes its directory": ['rm -rf "$PWD"; exit 7', 7],
  "closes its output": ["exec >&- 2>&-; exit 8", 8],
  "writes 100 MB": ["head -c 100000000 /dev/zero; exit 9", 9],
  "writes no text to standard error": ["printf '\\377\\376\\0' >&2; exit 10", 10],
  "puts a pipe in the place of standard error": ["rm stderr; mkfifo stderr; exit 11", 11],
  "puts a link to itself there": ["rm stderr; ln -s stderr stderr; exit 12", 12],
  "leaves fifty processes": ["for i in $(seq 50); do sleep 600 & done; exit 13", 13],
  "kills its whole group": ["kill -KILL 0", -9],
};

for (const [what, [command, exitStatus]] of Object.entries(ENDINGS)) {
  Deno.test(`runExecutor() tells the end of a job that ${what}`, async () => {
    await using executor = new TestExecutor();
    assertEquals((await executor.run("hard", { command })).exitStatus, exitStatus);
  });
}

Deno.test("runExecutor() ends as an error a command that no process can be given", async () => {
  await using executor = new TestExecutor();
  const nul = await executor.run("nul", { command: "true\0" });
  const long = await executor.run("long", { command: `: ${"x".repeat(LONGEST_ARGUMENT_BYTES)}` });
  assertEquals([nul.state, long.state], ["TASK_ERROR", "TASK_ERROR"]);
  assertStringIncludes(nul.reason ?? "", "nul byte");
  assertStringIncludes(long.reason ?? "", "Argument list too long");
  assertEquals((await executor.run("fine")).state, "TASK_FINISHED");
});

Deno.test("runExecutor() kills a job whose many descendants ignore SIGTERM and go on forking", async () => {
  await using executor = new TestExecutor();
  const daemon = "trap '' TERM; while :; do setsid sleep 0.05 & sleep 0.02; done";
  const fork = `for i in $(seq 10); do setsid sh -c "echo \\$\\$ >pid-$i; ${daemon}" & done`;
  executor.launch("bomb", { command: `${fork}; sleep 600` });
  const names = Array.from({ length: 10 }, (_, index) => `pid-${index + 1}`);
  const pids = await Promise.all(names.map((name) => executor.pid("bomb", name)));
  executor.kill("bomb", 50);
  assertEquals((await executor.driver.ended("bomb")).state, "TASK_KILLED");
  assertEquals(pids.filter(isAlive), []);
});
