import { assert, assertEquals, assertMatch } from "@std/assert";
import { TemporaryDirectory, writeTree } from "../../resource/testing.ts";
import { waitFor } from "../kit/wait_for.ts";
import { PROGRAM } from "../kit/program.ts";
import { useMesos } from "../kit/mesos.ts";
import { processesWith } from "../kit/processes.ts";

const mesos = useMesos();

const SMALL = { cores: 0.1, memory: "32Mi", disk: "1Mi" };

/** Starts the program with a file of jobs. */
async function schedule(
  directory: TemporaryDirectory,
  jobs: readonly object[],
  options: readonly string[],
): Promise<Deno.ChildProcess> {
  const lines = jobs.map((job) => JSON.stringify({ ...SMALL, ...job }));
  await Deno.writeTextFile(directory.at("jobs.jsonl"), lines.join("\n"));
  const words = ["scheduler", "--endpoint", mesos.endpoint, "--jobs", directory.at("jobs.jsonl")];
  const [file = "", ...args] = [...PROGRAM, ...words, ...options];
  return new Deno.Command(file, {
    args,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("toil-mesos scheduler runs the jobs of a file and tells how they ended", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.path, {
    scripts: "directory",
    "scripts/greet": 'executable:#!/bin/sh\necho "$GREETING $1"\n',
    logs: "directory",
  });
  const jobs = [
    { name: "greet", command: '"$TOIL_MESOS_USER_SCRIPT/greet" world' },
    { name: "fails", command: "echo 'no such gene' >&2; exit 33" },
    { name: "own", command: '[ "$GREETING" = hi ]', environment: { GREETING: "hi" } },
    { name: "here", command: "exit 0", local: true },
  ];
  const program = await schedule(directory, jobs, [
    ...["--user-script", directory.at("scripts"), "--set-env", "GREETING=hello"],
    ...["--batch-logs-dir", directory.at("logs"), "--results", directory.at("results.jsonl")],
  ]);
  const { code, stderr } = await program.output();
  assertEquals(code, 1);
  assertMatch(
    new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "",
    /^4 jobs: 3 finished, 1 failed, 0 lost, 0 killed in /,
  );
  const lines = (await Deno.readTextFile(directory.at("results.jsonl"))).trim().split("\n");
  const results = lines.map((line) => JSON.parse(line)).sort((a, b) => a.jobID - b.jobID);
  assert(results.every(({ wallTime }) => wallTime > 0));
  assertEquals(
    results.map((
      { jobID, name, exitStatus, exitReason, message },
    ) => [jobID, name, exitStatus, exitReason, message]),
    [
      [1, "greet", 0, "FINISHED", ""],
      [2, "fails", 33, "FAILED", "no such gene"],
      [3, "own", 0, "FINISHED", ""],
      [4, "here", 0, "FINISHED", ""],
    ],
  );
  const [log = ""] = [...Deno.readDirSync(directory.at("logs"))].map(({ name }) => name)
    .filter((name) => /^toil_[^.]+\.1\.[^.]+\.out\.log$/.test(name));
  assertEquals(await Deno.readTextFile(directory.at("logs", log)), "hello world\n");
});

Deno.test("toil-mesos scheduler ends its jobs and leaves Mesos when it is interrupted", async () => {
  await using directory = await TemporaryDirectory.create();
  const name = `interrupted ${crypto.randomUUID()}`;
  const command = `echo >${directory.at("running")}; sleep 1000`;
  const program = await schedule(directory, [{ command }], ["--name", name]);
  const ended = program.output();
  const isRunning = () => Deno.stat(directory.at("running")).catch(() => undefined);
  await waitFor(isRunning, "the job to run");
  const { frameworks } = await mesos.state();
  const id = frameworks.find((framework) => framework.name === name)?.id ?? "";
  assert(processesWith({ MESOS_FRAMEWORK_ID: id }).length > 0);
  program.kill("SIGINT");
  assertEquals((await ended).code, 130);
  const { completed_frameworks } = await mesos.state();
  assertEquals(completed_frameworks.filter((framework) => framework.id === id).length, 1);
  const areGone = () => processesWith({ MESOS_FRAMEWORK_ID: id }).length === 0;
  await waitFor(areGone, "the end of all processes");
});
