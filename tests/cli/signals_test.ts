import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { type Running, Workplace } from "../kit/workplace.ts";

const SMALL = { cores: 0.25, memory: "16Mi", disk: "1Mi" };

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

/** Waits until these jobs, each of which makes a file of its name, run. */
async function running(place: Workplace, names: readonly string[]): Promise<void> {
  for (const name of names) await waitFor(() => isThere(place.at(name)), `${name} to run`);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`scheduler kills its jobs and leaves at ${signal}`, async () => {
    await using place = await Workplace.create();
    const jobs = await place.jobs([
      { ...SMALL, command: `touch ${place.at("one")}; sleep 1000` },
      { ...SMALL, command: `touch ${place.at("two")}; sleep 1000 & wait` },
      { ...SMALL, command: `touch ${place.at("here")}; sleep 1000`, local: true },
      { cores: 1000, command: "true" },
    ]);
    const program = place.start(["scheduler", "--endpoint=local", "--jobs", jobs]);
    await running(place, ["one", "two", "here"]);
    // Twice, as from a terminal and from the program between it and us.
    program.kill(signal);
    program.kill(signal);
    const { code, stdout, stderr } = await program.ended;
    assertEquals([code, stdout], [130, ""]);
    assertStringIncludes(stderr, "Killing 4 jobs; press Ctrl-C again to exit immediately\n");
    assertMatch(lastLine(stderr), /^4 jobs: 0 finished, 0 failed, 0 lost, 4 killed in /);
    await place.assertEmpty();
  });
}

Deno.test("scheduler ends at once at a second SIGINT; its jobs do not outlive it for long", async () => {
  await using place = await Workplace.create();
  const stubborn = `trap "" TERM; touch ${place.at("stubborn")}; while :; do sleep 1; done`;
  const jobs = await place.jobs([{ ...SMALL, command: stubborn }]);
  const program = place.start([
    ...["scheduler", "--endpoint=local", "--jobs", jobs, "--kill-grace=2s"],
  ]);
  await running(place, ["stubborn"]);
  program.kill("SIGINT");
  await waitFor(() => program.stderr.includes("Killing 1 job;"), "the first signal to be heard");
  // What comes at the same time is the same wish: somebody who is impatient goes on.
  const impatience = setInterval(() => program.kill("SIGINT"), 100);
  const { code, stderr } = await program.ended.finally(() => clearInterval(impatience));
  assertEquals(code, 130);
  // The master may have let the framework go by then, and the summary been written.
  assertStringIncludes(stderr, "Killing 1 job; press Ctrl-C again to exit immediately\n");
  await place.empty();
  await place.sweep();
});

Deno.test("scheduler does not take a second hang-up for impatience", async () => {
  await using place = await Workplace.create();
  const stubborn = `trap "" TERM; touch ${place.at("stubborn")}; while :; do sleep 1; done`;
  const jobs = await place.jobs([{ ...SMALL, command: stubborn }]);
  const program = place.start([
    ...["scheduler", "--endpoint=local", "--jobs", jobs, "--kill-grace=1s"],
  ]);
  await running(place, ["stubborn"]);
  program.kill("SIGHUP");
  await waitFor(() => program.stderr.includes("Killing 1 job;"), "the first signal to be heard");
  program.kill("SIGHUP");
  const { code, stderr } = await program.ended;
  assertEquals(code, 130);
  assertMatch(lastLine(stderr), /^1 job: 0 finished, 0 failed, 0 lost, 1 killed in /);
});

Deno.test("scheduler under nohup goes on when its terminal hangs up", async () => {
  await using place = await Workplace.create();
  const command = `touch ${place.at("begun")}; while ! [ -e ${
    place.at("go")
  } ]; do sleep 0.1; done`;
  const jobs = await place.jobs([{ ...SMALL, command }]);
  const program = place.start(["scheduler", "--endpoint=local", "--jobs", jobs], {
    ignoredSignal: "HUP",
  });
  await running(place, ["begun"]);
  program.kill("SIGHUP");
  await Deno.writeTextFile(place.at("go"), "");
  const { code, stderr } = await program.ended;
  assertEquals(code, 0);
  assertMatch(lastLine(stderr), /^1 job: 1 finished, /);
});

Deno.test("scheduler leaves while it still looks for Mesos", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: "true" }]);
  const program = place.start([
    ...["scheduler", "--endpoint=127.0.0.1:1", "--jobs", jobs, "--registration-timeout=5w"],
  ]);
  await waitFor(() => program.stderr.includes("Cannot reach"), "an attempt");
  program.kill("SIGINT");
  const { code, stderr } = await program.ended;
  assertEquals(code, 130);
  assertMatch(lastLine(stderr), /^1 job: 0 finished, 0 failed, 0 lost, 1 killed in /);
});

Deno.test("scheduler says that a run goes on, is done, or has lost what its embedded Mesos ran", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([
    { ...SMALL, command: "true" },
    { ...SMALL, command: `until [ -e ${place.at("go")} ]; do sleep 0.2; done` },
    { ...SMALL, command: `touch ${place.at("here")}; sleep 1000` },
  ]);
  const command = [
    ...["scheduler", "--endpoint=local", "--jobs", jobs, "--state", place.at("state")],
    ...["--results", place.at("results")],
  ];
  const reported = () => Deno.readTextFile(place.at("results")).catch(() => "");
  const lines = async () => (await reported()).split("\n").length - 1;
  const first = place.start(command);
  await running(place, ["here"]);
  await waitFor(async () => await lines() === 1, "the first job to be reported");
  await Deno.writeTextFile(place.at("go"), "");
  await waitFor(async () => await lines() === 2, "the second job: the first one is noted by then");
  first.kill("SIGKILL");
  await first.ended;
  const second = await place.run(command);
  assertEquals(second.code, 1);
  assertMatch(second.stderr, /\nResuming: [12] of 3 jobs have already finished\n/);
  assertStringIncludes(await reported(), "the embedded Mesos that it ran on ended");
  const third = await place.run(command);
  assertEquals(third.code, 1);
  assertStringIncludes(third.stderr, "\nAll 3 jobs have already finished;");
  assertMatch(lastLine(third.stderr), /^3 jobs: 2 finished, 0 failed, 1 lost, 0 killed in /);
});

/** Starts a cluster; gives where it is. */
async function startCluster(place: Workplace): Promise<{ cluster: Running; endpoint: string }> {
  const cluster = place.start(["cluster", "--port=0", "--resources=cpus:1;mem:1024;disk:1024"]);
  const [, endpoint = ""] = await waitFor(
    () => /^Mesos is at (\S+) with 1 agent\n.*\n$/.exec(cluster.stdout),
    "the cluster",
  );
  return { cluster, endpoint };
}

async function stopCluster(cluster: Running): Promise<void> {
  cluster.kill("SIGINT");
  const { code, stderr } = await cluster.ended;
  assertEquals([code, stderr], [0, ""]);
}

Deno.test("scheduler does not take jobs that run on one Mesos to an embedded one", async () => {
  await using place = await Workplace.create();
  const { cluster, endpoint } = await startCluster(place);
  const jobs = await place.jobs([{ ...SMALL, command: `touch ${place.at("here")}; sleep 1000` }]);
  const command = ["scheduler", "--jobs", jobs, "--state", place.at("state"), "--endpoint"];
  const first = place.start([...command, endpoint]);
  await running(place, ["here"]);
  first.kill("SIGTERM");
  await first.ended;
  const { code, stderr } = await place.run([...command, "local"]);
  assertEquals(code, 2);
  assertStringIncludes(
    stderr,
    "on an embedded Mesos: it holds 1 unfinished job running on another Mesos",
  );
  await stopCluster(cluster);
});

Deno.test("scheduler with --state leaves its jobs to Mesos at SIGTERM, and goes on with them", async () => {
  await using place = await Workplace.create();
  const { cluster, endpoint } = await startCluster(place);
  const wait = `until [ -e ${place.at("go")} ]; do sleep 0.2; done`;
  const names = ["a", "b", "c", "d", "e", "f"];
  const jobs = await place.jobs(names.map((name) => {
    const note = `echo ${name} >>${place.at("ledger")}; touch ${place.at(name)}`;
    return { ...SMALL, name, command: `${note}; ${wait}` };
  }));
  const command = [
    ...["scheduler", "--endpoint", endpoint, "--jobs", jobs, "--state", place.at("state")],
    ...["--results", place.at("results")],
  ];
  const first = place.start(command);
  await running(place, ["a", "b", "c", "d"]);
  first.kill("SIGTERM");
  const { code, stderr } = await first.ended;
  assertEquals(code, 130);
  assertStringIncludes(stderr, "Detaching; 6 jobs keep running. Run the same command to resume\n");
  assert(place.processes().length > 4, "jobs go on");
  const again = place.start(command);
  await waitFor(() => again.stderr.includes("Registered with Mesos"), "the scheduler to resume");
  await Deno.writeTextFile(place.at("go"), "");
  const second = await again.ended;
  assertEquals(second.code, 0, second.stderr);
  assertMatch(lastLine(second.stderr), /^6 jobs: 6 finished, 0 failed, 0 lost, 0 killed in /);
  // Once more: all is done, and said.
  assertEquals((await place.run(command)).code, 0);
  const results = (await Deno.readTextFile(place.at("results"))).trimEnd().split("\n");
  const told = results.map((line) => JSON.parse(line).name).sort();
  assertEquals(told, names);
  const ledger = (await Deno.readTextFile(place.at("ledger"))).trimEnd().split("\n").sort();
  assertEquals(ledger, names);
  await stopCluster(cluster);
});

Deno.test("scheduler with --state does not leave jobs to a Mesos that ends with it", async () => {
  await using place = await Workplace.create();
  const command = `touch ${place.at("job")}; until [ -e ${place.at("go")} ]; do sleep 0.2; done`;
  const jobs = await place.jobs([{ ...SMALL, command }]);
  const args = ["scheduler", "--endpoint=local", "--jobs", jobs, "--state", place.at("state")];
  const first = place.start(args);
  await running(place, ["job"]);
  first.kill("SIGTERM");
  const { code, stderr } = await first.ended;
  assertEquals(code, 130);
  assertMatch(lastLine(stderr), /^1 job: 0 finished, 0 failed, 0 lost, 1 killed in /);
  await place.assertEmpty();
  await Deno.writeTextFile(place.at("go"), "");
  const second = await place.run(args);
  assertEquals(second.code, 0, second.stderr);
});

Deno.test("cluster says where it is, and ends with all that ran on it", async () => {
  await using place = await Workplace.create();
  const { cluster, endpoint } = await startCluster(place);
  const jobs = await place.jobs([{
    ...SMALL,
    command: `touch ${place.at("job")}; until [ -e ${place.at("go")} ]; do sleep 0.2; done`,
  }]);
  const port = endpoint.split(":")[1] ?? "";
  const { code, stderr } = await place.run(["cluster", "--port", port]);
  assertEquals(code, 2);
  assertEquals(
    stderr,
    "toil-mesos: Cannot start a cluster: " +
      `Cannot listen on 127.0.0.1:${port}: Address already in use\n`,
  );
  const scheduler = place.start(["scheduler", "--endpoint", endpoint, "--jobs", jobs]);
  await running(place, ["job"]);
  await stopCluster(cluster);
  scheduler.kill("SIGKILL");
  await scheduler.ended;
  await place.empty();
  await place.sweep();
});

Deno.test("cluster goes on in the directory of an earlier one", async () => {
  await using place = await Workplace.create();
  const args = ["cluster", "--port=0", "--agents=2", "--work-dir", place.at("mesos")];
  for (let run = 0; run < 2; run++) {
    const cluster = place.start(args);
    await waitFor(() => / with 2 agents\n.*\n$/.test(cluster.stdout), "the cluster");
    await stopCluster(cluster);
  }
});

Deno.test("the temporary files of a killed scheduler are removed by the next one", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ ...SMALL, command: `touch ${place.at("job")}; sleep 1000` }]);
  const killed = place.start(["scheduler", "--endpoint=local", "--jobs", jobs]);
  await running(place, ["job"]);
  killed.kill("SIGKILL");
  await killed.ended;
  await place.empty();
  assertEquals([...Deno.readDirSync(place.at("tmp"))].length, 1);
  const quick = await place.jobs([{ ...SMALL, command: "true" }], "quick.jsonl");
  const { code, stderr } = await place.run(["scheduler", "--endpoint=local", "--jobs", quick]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "which a killed process has left");
  await place.assertEmpty();
});
