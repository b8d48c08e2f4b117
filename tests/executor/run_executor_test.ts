import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { decodeNodeInfo } from "../../job/node_info.ts";
import { NotUnderMesosError } from "../../mesos/executor_environment.ts";
import { isAlive } from "../../process/process_table.ts";
import { waitFor } from "../kit/wait_for.ts";
import { runExecutor } from "../../executor/run_executor.ts";
import { FakeDeployment, FakeExecutorDriver, TestExecutor } from "../../executor/testing.ts";

const LONG_MS = 600_000;
const STRAYS = "setsid sh -c 'echo $$ >setsid; exec sleep 600' & " +
  "(setsid sh -c '(echo $(exec sh -c \"echo \\$PPID\") >forked; exec sleep 600) &' &) ";

Deno.test("runExecutor() reports each step of a task, and how long it took", async () => {
  await using executor = new TestExecutor();
  const command = "while ! [ -e go ]; do sleep 0.01; done";
  executor.launch("a", { command });
  await executor.driver.reached("a", "TASK_RUNNING");
  await Deno.writeTextFile(executor.path("a", "go"), "");
  const { state, exitStatus, wallTimeSeconds = 0 } = await executor.driver.ended("a");
  assertEquals([state, exitStatus], ["TASK_FINISHED", 0]);
  assert(wallTimeSeconds > 0);
  const states = executor.driver.states("a");
  assertEquals(states, ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"]);
});

Deno.test("runExecutor() passes exit statuses through exactly", async () => {
  await using executor = new TestExecutor();
  const cases: [string, number][] = [
    ["exit 3", 3],
    ["exit 33", 33],
    ["exit 76", 76],
    ["exit 137", 137],
    ["exit 255", 255],
    ["kill -TERM $$", -15],
    ["kill -KILL $$", -9],
    ["kill -SEGV $$", -11],
  ];
  for (const [command, exitStatus] of cases) {
    const outcome = await executor.run(command, { command });
    assertEquals([outcome.state, outcome.exitStatus], ["TASK_FAILED", exitStatus], command);
    assertEquals(outcome.memoryLimitExceeded, false);
  }
});

Deno.test("runExecutor() tells the last lines of standard error of a failed task", async () => {
  await using executor = new TestExecutor();
  const bad = await executor.run("bad", { command: "echo fine; echo 'no ü' >&2; exit 1" });
  assertEquals(bad.standardErrorTail, "no ü\n");
  const good = await executor.run("good", { command: "echo careful >&2" });
  assertEquals(good.standardErrorTail, undefined);
});

Deno.test("runExecutor() gives a job a directory and output files of its own", async () => {
  await using executor = new TestExecutor();
  await executor.run("a", { command: "pwd -P; echo err >&2; echo x >made" });
  assertEquals(executor.text("a", "stdout").trim(), Deno.realPathSync(executor.path("a", "")));
  assertEquals([executor.text("a", "stderr"), executor.text("a", "made")], ["err\n", "x\n"]);
});

Deno.test("runExecutor() writes the files that were named where it can", async () => {
  await using executor = new TestExecutor();
  const standardOutputPath = `${executor.sandbox}/out.log`;
  const standardErrorPath = "/no/such/directory/err.log";
  const command = "echo out; echo err >&2; exit 1";
  const outcome = await executor.run("a", { command, standardOutputPath, standardErrorPath });
  assertEquals(await Deno.readTextFile(standardOutputPath), "out\n");
  assertEquals([executor.text("a", "stderr"), outcome.standardErrorTail], ["err\n", "err\n"]);
});

Deno.test("runExecutor() gives a job its environment", async () => {
  await using executor = new TestExecutor({
    DENO_DIR: "/private",
    TOIL_MESOS_PROGRAM: "/usr/bin/toil-mesos",
    MESOS_EXECUTOR_AUTHENTICATION_TOKEN: "secret",
    OWN: "own",
    BOTH: "own",
  });
  await executor.run("a", {
    command: "env; test -d $JTRES_ROOT && echo there",
    environment: { BOTH: "job", LINES: "a b" },
    userScript: "script",
  });
  const lines = executor.text("a", "stdout").trim().split("\n");
  const expected = [
    "OWN=own",
    "BOTH=job",
    "LINES=a b",
    "TOIL_MESOS_JOB_ID=7",
    `TOIL_WORKDIR=${executor.sandbox}`,
    `MESOS_SANDBOX=${executor.sandbox}`,
    `TOIL_MESOS_USER_SCRIPT=${executor.sandbox}/resources/script`,
    `JTRES_ROOT=${executor.sandbox}/resources`,
    "there",
  ];
  assertEquals(expected.filter((line) => !lines.includes(line)), []);
  assertEquals(
    lines.filter((line) => /^(DENO_|TOIL_MESOS_PROGRAM|MESOS_EXECUTOR_AUTH|CUDA)/.test(line)),
    [],
  );
});

Deno.test("runExecutor() ends a task as an error, with the reason, where it can't be started", async () => {
  await using executor = new TestExecutor();
  const noScript = await executor.run("no-script", { userScript: "missing" });
  assertEquals(noScript.reason, "Cannot download x: HTTP 404");
  const badData = new TextEncoder().encode('{"jobID":1,"command":5,"environment":{}}');
  executor.launch("bad-data", {}, { data: badData });
  assertStringIncludes((await executor.driver.ended("bad-data")).reason ?? "", "'command'");
  executor.launch("no-data", {}, { data: undefined });
  assertStringIncludes((await executor.driver.ended("no-data")).reason ?? "", "not JSON");
  await Deno.remove(`${executor.sandbox}/jobs`, { recursive: true });
  await Deno.writeTextFile(`${executor.sandbox}/jobs`, "");
  assertStringIncludes((await executor.run("no-directory")).reason ?? "", "/jobs");
  for (const taskId of ["no-script", "bad-data", "no-data", "no-directory"]) {
    assertEquals(executor.driver.states(taskId), ["TASK_STARTING", "TASK_ERROR"]);
    assertEquals((await executor.driver.ended(taskId)).exitStatus, undefined);
  }
});

Deno.test("runExecutor() ends as an error a command that can't be started, and tells no secrets", async () => {
  await using executor = new TestExecutor();
  const { state, reason = "" } = await executor.run("a", { environment: { SECRET: "hush\0" } });
  assertEquals([state, reason.includes("hush")], ["TASK_ERROR", false]);
});

Deno.test("runExecutor() kills a task with SIGTERM", async () => {
  await using executor = new TestExecutor();
  executor.launch("a", { command: "sleep 600" });
  await executor.driver.reached("a", "TASK_RUNNING");
  executor.kill("a");
  const { state, exitStatus, standardErrorTail } = await executor.driver.ended("a");
  assertEquals([state, exitStatus, standardErrorTail], ["TASK_KILLED", -15, undefined]);
});

Deno.test("runExecutor() kills with SIGKILL after the grace of the KILL", async () => {
  await using executor = new TestExecutor();
  const command = "trap '' TERM; echo $$ >pid; while :; do sleep 0.01; done";
  executor.launch("a", { command });
  await executor.pid("a", "pid");
  executor.kill("a", 30);
  const { state, exitStatus } = await executor.driver.ended("a");
  assertEquals([state, exitStatus], ["TASK_KILLED", -9]);
});

Deno.test("runExecutor() kills with SIGKILL after the grace of the task", async () => {
  await using executor = new TestExecutor();
  const command = "trap '' TERM; echo $$ >pid; while :; do sleep 0.01; done";
  const kill_policy = { grace_period: { nanoseconds: 30e6 } };
  executor.launch("a", { command }, { kill_policy });
  await executor.pid("a", "pid");
  executor.kill("a");
  assertEquals((await executor.driver.ended("a")).exitStatus, -9);
});

Deno.test("runExecutor() kills sooner when asked again", async () => {
  await using executor = new TestExecutor();
  executor.launch("a", { command: "trap '' TERM; echo $$ >pid; while :; do sleep 0.01; done" });
  await executor.pid("a", "pid");
  executor.kill("a", LONG_MS);
  executor.kill("a", 0);
  assertEquals((await executor.driver.ended("a")).exitStatus, -9);
  assertEquals(executor.driver.states("a").length, 3);
});

Deno.test("runExecutor() kills descendants that left the group", async () => {
  await using executor = new TestExecutor();
  executor.launch("a", { command: `${STRAYS}; sleep 600` });
  const pids = await Promise.all(["setsid", "forked"].map((name) => executor.pid("a", name)));
  assert(pids.every(isAlive));
  executor.kill("a");
  assertEquals((await executor.driver.ended("a")).state, "TASK_KILLED");
  assertEquals(pids.filter(isAlive), []);
});

Deno.test("runExecutor() kills a task that is not spawned yet, and does not spawn it", async () => {
  await using executor = new TestExecutor();
  executor.launch("at-once", { command: "touch ran" });
  executor.kill("at-once");
  executor.launch("downloading", { userScript: "never" });
  executor.kill("downloading");
  for (const taskId of ["at-once", "downloading"]) {
    assertEquals(executor.driver.states(taskId), ["TASK_STARTING", "TASK_KILLED"]);
  }
  // By the end of a task launched later it would have run.
  await executor.run("later");
  assertEquals(executor.driver.states("at-once").length, 2);
  await assertRejects(() => Deno.stat(executor.path("at-once", "")), Deno.errors.NotFound);
});

Deno.test("runExecutor() ignores a KILL of a task that it does not know or that has ended", async () => {
  await using executor = new TestExecutor();
  executor.kill("unknown");
  await executor.run("a");
  executor.kill("a");
  assertEquals(executor.driver.states("unknown"), []);
  assertEquals(executor.driver.states("a").at(-1), "TASK_FINISHED");
});

Deno.test("runExecutor() ignores a LAUNCH that comes again", async () => {
  await using executor = new TestExecutor();
  const command = "echo ran; while ! [ -e go ]; do sleep 0.01; done";
  executor.launch("a", { command });
  executor.launch("a", { command });
  await executor.driver.reached("a", "TASK_RUNNING");
  executor.launch("a", { command });
  await Deno.writeTextFile(executor.path("a", "go"), "");
  await executor.driver.ended("a");
  executor.launch("a", { command });
  await executor.run("later");
  assertEquals(executor.text("a", "stdout"), "ran\n");
  assertEquals(executor.driver.states("a").length, 3);
});

Deno.test("runExecutor() lets nothing of a job outlive it", async () => {
  await using executor = new TestExecutor();
  const background = "sh -c 'trap \"\" TERM HUP; echo $$ >background; sleep 600' &";
  const wait = "for f in background setsid forked; do while ! [ -s $f ]; do :; done; done";
  const { exitStatus } = await executor.run("a", { command: `${background} ${STRAYS}; ${wait}` });
  assertEquals(exitStatus, 0);
  assertEquals(isAlive(await executor.pid("a", "background")), false);
  const strays = await Promise.all(["setsid", "forked"].map((name) => executor.pid("a", name)));
  await waitFor(() => !strays.some(isAlive), "the strays to be swept up");
});

Deno.test("runExecutor() reports each of 200 short tasks once", async () => {
  await using executor = new TestExecutor();
  const taskIds = Array.from({ length: 200 }, (_, number) => `task-${number}`);
  const ended = await Promise.all(
    taskIds.map((taskId, number) => executor.run(taskId, { command: `exit ${number % 2}` })),
  );
  assertEquals(ended.map(({ exitStatus }) => exitStatus), taskIds.map((_, number) => number % 2));
  // A job that ends soon is not reported as running.
  const said = (taskId: string) =>
    executor.driver.states(taskId).filter((state) => state !== "TASK_RUNNING").join();
  assertEquals(
    taskIds.map(said),
    taskIds.map((_, number) => `TASK_STARTING,${number % 2 ? "TASK_FAILED" : "TASK_FINISHED"}`),
  );
});

Deno.test("runExecutor() gives each GPU to one job at a time", async () => {
  await using executor = new TestExecutor();
  const command = "echo $CUDA_VISIBLE_DEVICES; while ! [ -e go ]; do sleep 0.01; done";
  for (const taskId of ["a", "b"]) {
    executor.launch(taskId, { command, gpus: 1 });
    await executor.driver.reached(taskId, "TASK_RUNNING");
  }
  const tooMany = await executor.run("c", { gpus: 1 });
  assertEquals(tooMany.reason, "Cannot give the job 1 GPUs: 0 of 2 are free");
  for (const taskId of ["a", "b"]) {
    await Deno.writeTextFile(executor.path(taskId, "go"), "");
    await executor.driver.ended(taskId);
  }
  assertEquals([executor.text("a", "stdout"), executor.text("b", "stdout")], ["0\n", "1\n"]);
  await executor.run("d", { command: "echo $CUDA_VISIBLE_DEVICES", gpus: 2 });
  assertEquals(executor.text("d", "stdout"), "0,1\n");
});

Deno.test("runExecutor() tells at once where it is and how the node does", async () => {
  await using executor = new TestExecutor();
  const [message = new Uint8Array()] = executor.driver.messages;
  const info = decodeNodeInfo(message);
  assertEquals([info?.address, info?.nodeInfo.workers], ["10.0.0.5", 0]);
  const names = [...new TextDecoder().decode(message).matchAll(/"(\w+)":/g)].map(([, name]) =>
    name
  );
  assertEquals(names, [
    "address",
    "nodeInfo",
    "coresUsed",
    "memoryUsed",
    "coresTotal",
    "memoryTotal",
    "workers",
    "version",
  ]);
});

Deno.test("runExecutor() lets jobs go on while the agent is away", async () => {
  await using executor = new TestExecutor();
  executor.launch("a", { command: "while ! [ -e go ]; do sleep 0.01; done" });
  await executor.driver.reached("a", "TASK_RUNNING");
  executor.executor.disconnected(executor.driver);
  await Deno.writeTextFile(executor.path("a", "go"), "");
  assertEquals((await executor.driver.ended("a")).state, "TASK_FINISHED");
  executor.executor.reregistered(executor.driver, { hostname: "10.0.0.5" });
  executor.executor.frameworkMessage(executor.driver, new Uint8Array(3));
});

Deno.test("runExecutor() kills, cleans up and leaves with 0 at a SHUTDOWN", async () => {
  const executor = new TestExecutor({ MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "2secs" });
  const stubborn = "trap '' TERM; echo $$ >pid; while :; do sleep 0.01; done";
  executor.launch("stubborn", { command: stubborn });
  executor.launch("tame", { command: `${STRAYS}; echo $$ >pid; sleep 600` });
  executor.launch("not-there-yet", { userScript: "never" });
  const pids = await Promise.all([
    executor.pid("stubborn", "pid"),
    ...["pid", "setsid", "forked"].map((name) => executor.pid("tame", name)),
  ]);
  executor.executor.shutdown(executor.driver);
  executor.launch("late");
  assertEquals(await executor.exitCode, 0);
  for (const taskId of ["stubborn", "tame", "not-there-yet", "late"]) {
    assertEquals(executor.driver.states(taskId).at(-1), "TASK_KILLED", taskId);
  }
  assertEquals(pids.filter(isAlive), []);
  assertEquals(executor.deployment.isCleaned, true);
  assertEquals(executor.driver.stoppedWithDrainMs, 300);
  await executor[Symbol.asyncDispose]();
});

Deno.test("runExecutor() leaves with 1 when the agent refused it", async () => {
  const executor = new TestExecutor();
  executor.executor.error(executor.driver, "Framework has been removed");
  executor.executor.shutdown(executor.driver);
  assertEquals(await executor.exitCode, 1);
  await executor[Symbol.asyncDispose]();
});

Deno.test("runExecutor() kills all jobs and leaves with 1 when something is broken", async () => {
  const executor = new TestExecutor();
  executor.launch("a", { command: "trap '' TERM; echo $$ >pid; while :; do sleep 0.01; done" });
  const pid = await executor.pid("a", "pid");
  await executor.driver.reached("a", "TASK_RUNNING");
  executor.driver.breakDown(new Error("broken"));
  assertEquals(await executor.exitCode, 1);
  assertEquals(isAlive(pid), false);
  assertEquals(executor.driver.states("a").at(-1), "TASK_RUNNING");
  await executor[Symbol.asyncDispose]();
});

Deno.test("runExecutor() says what is missing where there is no agent", async () => {
  const options = {
    environment: { PATH: "/bin" },
    createDriver: () => new FakeExecutorDriver(),
    createDeployment: (directory: string) => new FakeDeployment(directory),
  };
  await assertRejects(() => runExecutor(options), NotUnderMesosError, "MESOS_AGENT_ENDPOINT");
});

/** An executor in a process of its own, with one running job. */
async function startExecutorProcess(directory: string) {
  const program = `
    import { TestExecutor } from "${import.meta.resolve("../../executor/testing.ts")}";
    const executor = new TestExecutor();
    executor.launch("a", { command: ${JSON.stringify(`${STRAYS}; echo $$ >pid; sleep 600`)} });
    await Deno.writeTextFile("sandbox", executor.sandbox + "\\n");
    const exitCode = await executor.exitCode;
    await Deno.writeTextFile("states", executor.driver.states("a").join());
    Deno.exit(exitCode);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `--config=${Deno.cwd()}/deno.json`, "-"],
    cwd: directory,
    stdin: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(program));
  await writer.close();
  const read = (path: string) => Deno.readTextFile(path).catch(() => "");
  const sandbox = (await waitFor(() => read(`${directory}/sandbox`), "the sandbox")).trim();
  const pids = await Promise.all(
    ["pid", "setsid", "forked"].map((name) =>
      waitFor(async () => parseInt(await read(`${sandbox}/jobs/a/${name}`)), name)
    ),
  );
  return { child, pids, sandbox };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`runExecutor() shuts down at ${signal}`, async () => {
    const directory = await Deno.makeTempDir();
    const { child, pids, sandbox } = await startExecutorProcess(directory);
    child.kill(signal);
    assertEquals((await child.status).code, 0);
    const states = "TASK_STARTING,TASK_RUNNING,TASK_KILLED";
    assertEquals(await Deno.readTextFile(`${directory}/states`), states);
    assertEquals(pids.filter(isAlive), []);
    for (const path of [directory, sandbox]) await Deno.remove(path, { recursive: true });
  });
}

Deno.test("runExecutor() takes its jobs with it when it is killed", async () => {
  const directory = await Deno.makeTempDir();
  const { child, pids, sandbox } = await startExecutorProcess(directory);
  assert(pids.every(isAlive));
  child.kill("SIGKILL");
  await child.status;
  await waitFor(() => !pids.some(isAlive), "the jobs to be reaped");
  for (const path of [directory, sandbox]) await Deno.remove(path, { recursive: true });
});
