// What surrounds a job: its directory, its output files, its user, its limits, and what it leaves.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { userInfo } from "node:os";
import type { WorkerCleanupInfo } from "../../job/task_data.ts";
import { isAlive } from "../../process/process_table.ts";
import { waitFor } from "../kit/wait_for.ts";
import { TestExecutor } from "../../executor/testing.ts";

const LONG_MS = 600_000;

/** Some of these are more than a command and its variables may have together. */
const LONG_VALUE = "x".repeat(120_000);

function cleanup(rest: Partial<WorkerCleanupInfo> = {}): WorkerCleanupInfo {
  return { workflowID: "w", cleanWorkDir: "always", coordinationDir: "/nonexistent", ...rest };
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

const SCRATCH = "mkdir -p a/b; echo >a/b/c; echo >d; ln -s / e; chmod 500 a/b a";

Deno.test("a job's directory is emptied at its end but for its output", async () => {
  await using executor = new TestExecutor();
  const workerCleanup = cleanup();
  await executor.run("good", { command: `${SCRATCH}; echo out`, workerCleanup });
  await executor.run("bad", { command: `${SCRATCH}; exit 1`, workerCleanup });
  executor.launch("killed", { command: `${SCRATCH}; echo >ready; sleep 600`, workerCleanup });
  await waitFor(() => namesIn(executor.path("killed", "")).includes("ready"), "the job to run");
  executor.kill("killed", 0);
  await executor.driver.ended("killed");
  for (const taskId of ["good", "bad", "killed"]) {
    assertEquals(namesIn(executor.path(taskId, "")), ["stderr", "stdout"], taskId);
  }
  assertEquals(executor.text("good", "stdout"), "out\n");
});

Deno.test("a job's directory is kept where its clean-up says so", async () => {
  await using executor = new TestExecutor();
  const kept: string[] = [];
  for (const cleanWorkDir of ["always", "onSuccess", "onError", "never"] as const) {
    for (const status of [0, 1]) {
      const taskId = `${cleanWorkDir}-${status}`;
      const command = `echo >made; exit ${status}`;
      await executor.run(taskId, { command, workerCleanup: cleanup({ cleanWorkDir }) });
      if (namesIn(executor.path(taskId, "")).includes("made")) kept.push(taskId);
    }
  }
  assertEquals(kept, ["onSuccess-1", "onError-0", "never-0", "never-1"]);
});

Deno.test("a job that puts a link in the place of its directory loses the link alone", async () => {
  await using executor = new TestExecutor();
  const precious = `${executor.sandbox}/precious`;
  await Deno.mkdir(precious);
  await Deno.writeTextFile(`${precious}/file`, "");
  const command = `cd ..; rm -rf link; ln -s ${precious} link`;
  await executor.run("link", { command, workerCleanup: cleanup() });
  assertEquals(namesIn(precious), ["file"]);
});

Deno.test("--work-dir is where jobs work, each workflow, task and job apart", async () => {
  await using executor = new TestExecutor();
  const workDir = `${executor.sandbox}/scratch`;
  const command = "pwd; echo >made; sleep 0.01; exit 3";
  const never = cleanup({ workDir, cleanWorkDir: "never" });
  await executor.run("1-1", { command, jobID: 1, workerCleanup: never });
  assertEquals(executor.text("1-1", "stdout"), `${workDir}/w/1-1/1\n`);
  assertEquals(namesIn(`${workDir}/w/1-1/1`), ["made"]);
  assertEquals(namesIn(executor.path("1-1", "")), ["stderr", "stdout"]);
  const other = cleanup({ workDir, workflowID: "x" });
  await executor.run("2-1", { command, jobID: 2, workerCleanup: other });
  assertEquals(executor.text("2-1", "stdout"), `${workDir}/x/2-1/2\n`);
  assertEquals([namesIn(`${workDir}/x`), namesIn(`${workDir}/w`)], [[], ["1-1"]]);
});

Deno.test("a job that can't be started leaves nothing in --work-dir", async () => {
  await using executor = new TestExecutor();
  const workDir = `${executor.sandbox}/scratch`;
  const workerCleanup = cleanup({ workDir });
  const long = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`V${i}`, LONG_VALUE]));
  const refused = { unspawnable: { environment: long }, undeployed: { userScript: "missing" } };
  for (const [taskId, job] of Object.entries(refused)) {
    const { state = "" } = await executor.run(taskId, { ...job, workerCleanup });
    assertEquals(["TASK_ERROR", "TASK_FAILED"].includes(state), true, state);
    assertEquals(namesIn(`${workDir}/w`), [], taskId);
  }
});

Deno.test("a --work-dir that can't be made ends the job as an error that names it", async () => {
  await using executor = new TestExecutor();
  const workDir = `${executor.sandbox}/file`;
  await Deno.writeTextFile(workDir, "");
  const { state, reason = "" } = await executor.run("a", { workerCleanup: cleanup({ workDir }) });
  assertEquals(state, "TASK_ERROR");
  assertStringIncludes(reason, workDir);
});

Deno.test("what a job plants in the places of the next is neither opened nor followed", async () => {
  await using executor = new TestExecutor();
  const precious = `${executor.sandbox}/precious`;
  await Deno.writeTextFile(precious, "precious");
  const plant = `mkdir ../pipes ../links; mkfifo ../pipes/stdout ../pipes/stderr
    ln -s ${precious} ../links/stdout; ln -s / ../link; mkfifo ../pipe; echo >../file
    mkdir ../logs; mkfifo ../logs/pipe; ln -s ${precious} ../logs/link`;
  await executor.run("planter", { command: plant });
  for (const taskId of ["pipes", "links", "link", "pipe", "file"]) {
    const { state } = await executor.run(taskId, { command: "pwd; ls -A" });
    assertEquals(state, "TASK_FINISHED", taskId);
    const path = executor.path(taskId, "").slice(0, -1);
    assertEquals(executor.text(taskId, "stdout"), `${path}\nstderr\nstdout\n`);
    assertEquals((Deno.lstatSync(path).mode ?? 0) & 0o777, 0o700);
  }
  for (const name of ["pipe", "link"]) {
    const standardOutputPath = `${executor.sandbox}/jobs/logs/${name}`;
    await executor.run(`logs-${name}`, { command: "echo out", standardOutputPath });
    assertEquals(executor.text(`logs-${name}`, "stdout"), "out\n");
  }
  assertEquals(await Deno.readTextFile(precious), "precious");
});

Deno.test("a command is what sh -c gets, whatever its first character", async () => {
  await using executor = new TestExecutor();
  for (const command of ["-x", "+x", "--", "-c true", "-"]) {
    const { state, exitStatus, standardErrorTail = "" } = await executor.run(command, { command });
    assertEquals([state, exitStatus], ["TASK_FAILED", 127], command);
    assertStringIncludes(standardErrorTail, "not found");
  }
});

Deno.test("a job knows its user, unless something else is said", async () => {
  await using executor = new TestExecutor({ HOME: "/of/the/executor" });
  const command = "echo $HOME $USER $LOGNAME";
  await executor.run("a", { command, environment: { LOGNAME: "me" } });
  const { username } = userInfo();
  assertEquals(executor.text("a", "stdout"), `/of/the/executor ${username} me\n`);
});

Deno.test("a job that has used up its time is ended, and not before", async () => {
  await using executor = new TestExecutor();
  const graceMs = { kill_policy: { grace_period: { nanoseconds: LONG_MS * 1e6 } } };
  const command = "trap 'exit 0' TERM; while :; do sleep 0.01; done";
  executor.launch("long", { command, timeLimitMs: 300 }, graceMs);
  const long = await executor.driver.ended("long");
  assertEquals([long.state, long.timeLimitExceeded], ["TASK_FAILED", true]);
  assert((long.wallTimeSeconds ?? 0) >= 0.3);
  const short = await executor.run("short", { command: "exit 4", timeLimitMs: LONG_MS });
  assertEquals([short.exitStatus, short.timeLimitExceeded], [4, false]);
  const stubborn = "trap '' TERM; while :; do sleep 0.01; done";
  const soon = { kill_policy: { grace_period: { nanoseconds: 0 } } };
  executor.launch("stubborn", { command: stubborn, timeLimitMs: 50 }, soon);
  assertEquals((await executor.driver.ended("stubborn")).exitStatus, -9);
});

const UNMARKED: Record<string, string> = {
  "in the session":
    "bash -c 'set -m; env -i /bin/sh -c \"echo \\$\\$ >stray; exec sleep 311\" & exit 0'" +
    "; while ! [ -s stray ]; do :; done",
  "in another session":
    "setsid env -i /bin/sh -c 'echo $$ >stray; exec sleep 311' & while ! [ -s stray ]; do :; done",
  "with a double fork":
    "(setsid env -i /bin/sh -c '(echo $(exec sh -c \"echo \\$PPID\") >stray; exec sleep 311) &' &)" +
    "; while ! [ -s stray ]; do :; done",
};

for (const [where, command] of Object.entries(UNMARKED)) {
  Deno.test(`a descendant without an environment does not survive its job: ${where}`, async () => {
    await using executor = new TestExecutor();
    await executor.run("a", { command });
    const pid = await executor.pid("a", "stray");
    await waitFor(() => !isAlive(pid), "the end of the stray");
  });

  Deno.test(`a descendant without an environment does not survive a kill: ${where}`, async () => {
    await using executor = new TestExecutor();
    executor.launch("a", { command: `${command}; sleep 600` });
    const pid = await executor.pid("a", "stray");
    executor.kill("a", 0);
    await executor.driver.ended("a");
    await waitFor(() => !isAlive(pid), "the end of the stray");
  });
}
