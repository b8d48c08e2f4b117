import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isAlive } from "../../process/process_table.ts";
import { sendSignal } from "../../process/signals.ts";
import { Workplace } from "../kit/workplace.ts";

/** Several fit on the smallest machine. */
const SMALL = { cores: 0.25, memory: "16Mi", disk: "1Mi" };

interface ResultLine {
  jobID: number;
  name: string;
  exitStatus: number;
  exitReason: string;
  wallTime: number;
  node: string;
  message: string;
}

function resultLines(text: string): ResultLine[] {
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  return lines.sort((a, b) => a.jobID - b.jobID);
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

Deno.test("scheduler runs every job of a file and tells how each has ended", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([
    { ...SMALL, command: "exit 0" },
    { ...SMALL, command: "echo 'no such gene' >&2; exit 33", name: "fails" },
    { ...SMALL, command: "kill -9 $$", name: "is killed" },
    { ...SMALL, command: "exit 0", local: true },
  ]);
  const { code, stdout, stderr } = await place.run([
    "scheduler",
    "--endpoint=local",
    "--jobs",
    jobs,
  ]);
  assertEquals(code, 1);
  assertMatch(lastLine(stderr), /^4 jobs: 2 finished, 2 failed, 0 lost, 0 killed in \d+\.\d s$/);
  const results = resultLines(stdout);
  assertEquals(
    results.map(({ jobID, name, exitStatus, exitReason }) => [jobID, name, exitStatus, exitReason]),
    [
      [1, "job-1", 0, "FINISHED"],
      [2, "fails", 33, "FAILED"],
      [3, "is killed", -9, "FAILED"],
      [4, "job-4", 0, "FINISHED"],
    ],
  );
  assertEquals(results[1]?.message, "no such gene");
  assert(results.every(({ wallTime, node }) => wallTime > 0 && node !== ""));
});

Deno.test("scheduler reads jobs from standard input and gives them their variables", async () => {
  await using place = await Workplace.create();
  const command = 'echo "$GIVEN $HERE $OWN" >>"$OUT"';
  const args = ["scheduler", "--endpoint=local", "--jobs=-", "--results", place.at("results")];
  const variables = ["GIVEN=given", "HERE", "OWN=overruled", `OUT=${place.at("out")}`];
  const { code, stdout } = await place.run(
    [...args, ...variables.flatMap((text) => ["--set-env", text])],
    {
      env: { HERE: "of here", TOIL_MESOS_LOG_LEVEL: "WARN" },
      stdin: JSON.stringify({ ...SMALL, command, environment: { OWN: "own" } }),
    },
  );
  assertEquals([code, stdout], [0, ""]);
  assertEquals(await Deno.readTextFile(place.at("out")), "given of here own\n");
  assertEquals(resultLines(await Deno.readTextFile(place.at("results"))).length, 1);
});

for (const format of ["text", "json"]) {
  Deno.test(`scheduler and executor write no secret to their logs as ${format}`, async () => {
    await using place = await Workplace.create();
    await Deno.writeTextFile(place.at("secret"), "hush-file\n", { mode: 0o600 });
    const command = [
      "echo hush-command",
      `cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c '^hush-[f]ile' >"$OUT/processes"`,
      // Very short jobs are not reported as running.
      `until grep -q TASK_RUNNING "$MESOS_SANDBOX/stderr"; do sleep 0.01; done`,
      `cat "$MESOS_SANDBOX/stderr" >"$OUT/executor.log"`,
      "exit 3",
    ].join("; ");
    const jobs = await place.jobs([{ ...SMALL, command, environment: { E: "hush-environment" } }]);
    const { code, stdout, stderr } = await place.run([
      ...["scheduler", "--endpoint=local", "--jobs", jobs, "--principal=p"],
      ...["--secret-file", place.at("secret"), "--set-env", "HERE", "--set-env"],
      ...[`OUT=${place.path}`, "--log-level=TRACE", "--log-format", format],
    ], { env: { HERE: "hush-here" } });
    assertEquals(code, 1);
    const executorLog = await Deno.readTextFile(place.at("executor.log"));
    assertStringIncludes(executorLog, "TASK_RUNNING");
    assertStringIncludes(stderr, "TASK_RUNNING");
    assertEquals((stdout + stderr + executorLog).includes("hush"), false);
    assertEquals(await Deno.readTextFile(place.at("processes")), "0\n");
  });
}

Deno.test("scheduler says no more than the summary when it is asked to be quiet", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ ...SMALL, command: "true" }]);
  const args = ["scheduler", "--endpoint=local", "--jobs", jobs, "--log-level=WARN"];
  const { code, stderr } = await place.run(args);
  assertEquals(code, 0);
  assertMatch(stderr, /^1 job: 1 finished, 0 failed, 0 lost, 0 killed in \d+\.\d s\n$/);
});

Deno.test("scheduler deploys a user script once to a node, whatever jobs want it", async () => {
  await using place = await Workplace.create();
  await Deno.mkdir(place.at("scripts"));
  const script = '#!/bin/sh\nls -di "$(dirname "$0")" >>"$OUT"\n';
  await Deno.writeTextFile(place.at("scripts", "where"), script, { mode: 0o755 });
  const job = { ...SMALL, command: '"$TOIL_MESOS_USER_SCRIPT/where"' };
  const jobs = await place.jobs(Array.from({ length: 24 }, () => job));
  const { code, stdout } = await place.run([
    ...["scheduler", "--endpoint=local:2", "--jobs", jobs, "--user-script", place.at("scripts")],
    ...["--set-env", `OUT=${place.at("out")}`],
  ]);
  assertEquals(code, 0);
  const nodes = new Set(resultLines(stdout).map(({ node }) => node));
  const places = (await Deno.readTextFile(place.at("out"))).trimEnd().split("\n");
  assertEquals(places.length, 24);
  assertEquals(nodes.size, 2);
  // The number of the directory's file tells whether it was unpacked again.
  assertEquals(new Set(places).size, 2);
});

Deno.test("scheduler kills its jobs and leaves when nobody takes the results", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([
    { ...SMALL, command: "true" },
    { ...SMALL, command: "sleep 1000" },
  ]);
  const { code, stderr } = await place.run([
    ...["scheduler", "--endpoint=local", "--jobs", jobs, "--results=/dev/full"],
  ]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "toil-mesos: Cannot write /dev/full: No space left on device\n");
});

Deno.test("scheduler leaves no process of a job without session, environment and parent, wherever it ran", async () => {
  await using place = await Workplace.create();
  const stray = (file: string) =>
    `(setsid env -i /bin/sh -c 'echo $$ >${file}; exec sleep 311' &); ` +
    `while ! [ -s ${file} ]; do sleep 0.01; done`;
  const files = [place.at("of-a-node"), place.at("of-this-host")];
  const jobs = await place.jobs(files.map((file, i) => ({
    ...SMALL,
    command: stray(file),
    local: i === 1,
  })));
  const { code, stderr } = await place.run(["scheduler", "--endpoint=local", "--jobs", jobs]);
  assertEquals(code, 0, stderr);
  for (const file of files) {
    const pid = Number(await Deno.readTextFile(file));
    try {
      assertEquals([file, isAlive(pid)], [file, false]);
    } finally {
      sendSignal(pid, "SIGKILL");
    }
  }
});
