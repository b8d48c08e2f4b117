/**
 * What jobs write, as people read it from another terminal: of a run of a jobs file, of a node that
 * has gone, and until that terminal closes.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { PROGRAM } from "../kit/program.ts";
import { MesosProcesses } from "../kit/mesos_processes.ts";
import { waitFor } from "../kit/wait_for.ts";
import { type Ended, type Running, Workplace } from "../kit/workplace.ts";

/** A program that SIGHUP has ended. */
const HUNG_UP = 129;

/** A program that SIGPIPE would have ended. */
const OUTPUT_CLOSED = 141;

/** A scheduler, and the commands that find it by a variable. */
interface Terminal {
  readonly place: Workplace;
  readonly scheduler: Running;
  readonly env: Readonly<Record<string, string>>;
  run(...args: string[]): Promise<Ended>;
}

async function startScheduler(
  place: Workplace,
  options: readonly string[],
): Promise<Terminal> {
  const address = `unix:${place.at("s")}`;
  const scheduler = place.start(["scheduler", "--listen", address, ...options]);
  await scheduler.registered();
  // Not where commands look by themselves.
  const env = { TOIL_MESOS_SCHEDULER: address, XDG_RUNTIME_DIR: place.at("tmp") };
  return { place, scheduler, env, run: (...args) => place.run(args, { env }) };
}

/** Waits for a file. */
function gate(place: Workplace, name: string): string {
  return `while [ ! -e '${place.at(name)}' ]; do sleep 0.2; done`;
}

function open(place: Workplace, name: string): Promise<void> {
  return Deno.writeTextFile(place.at(name), "");
}

async function stateOf({ run }: Terminal, jobID: number): Promise<unknown> {
  return JSON.parse((await run("jobs", "--all", String(jobID))).stdout).state;
}

Deno.test("logs and status follow the jobs of a run of a file, by $TOIL_MESOS_SCHEDULER", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([
    { command: `echo begun; echo wrong >&2; ${gate(place, "go")}; echo ended` },
    { command: gate(place, "leave"), name: "last" },
  ]);
  const terminal = await startScheduler(place, ["--endpoint", "local:2", "--jobs", jobs]);
  const { run, env, scheduler } = terminal;
  const follower = place.start(["logs", "--follow", "1"], { env });
  await waitFor(() => follower.stdout === "begun\n", "the first line");
  assertEquals((await run("logs", "1")).stdout, "begun\n");
  await open(place, "go");
  assertEquals(await follower.ended, { code: 0, stdout: "begun\nended\n", stderr: "" });
  assertEquals((await run("wait", "1")).code, 0);
  assertEquals((await run("logs", "--stderr", "1")).stdout, "wrong\n");
  assertEquals(JSON.parse((await run("status")).stdout).jobs.ended, 1);
  await open(place, "leave");
  const { code, stdout } = await scheduler.ended;
  assertEquals([code, stdout.trim().split("\n").length], [0, 2]);
});

Deno.test("logs of a job whose node has gone name it, and come again with the node", async () => {
  await using place = await Workplace.create();
  await Deno.mkdir(place.at("mesos"));
  const env = { TMPDIR: place.at("tmp") };
  await using mesos = await MesosProcesses.start({ directory: place.at("mesos"), env });
  const terminal = await startScheduler(place, ["--endpoint", mesos.endpoint, "--state", "state"]);
  const { run, scheduler } = terminal;
  assertEquals((await run("submit", "--wait", "--", "echo", "hello")).code, 0);
  assertEquals((await run("logs", "1")).stdout, "hello\n");
  await mesos.agents[0]?.kill();
  for (const follow of [[], ["--follow"]]) {
    const { code, stdout, stderr } = await run("logs", ...follow, "1");
    assertEquals([code, stdout], [3, ""]);
    const line =
      /^toil-mesos: Cannot read stdout of job 1: node 127\.0\.0\.1 can't be reached .*\n$/;
    assertMatch(stderr, line);
  }
  mesos.agents[0]?.start();
  await mesos.registered();
  assertEquals((await run("logs", "1")).stdout, "hello\n");
  scheduler.kill("SIGINT");
  await scheduler.ended;
  await waitFor(() => mesos.executors(0).length === 0, "the executor to end");
});

Deno.test("wait and logs --follow end with their terminal, and the job does not", async () => {
  await using place = await Workplace.create();
  const terminal = await startScheduler(place, ["--endpoint", "local", "--state", "state"]);
  const { run, env, scheduler } = terminal;
  await run("submit", "--local", "--", "true");
  await run("submit", "--shell", `echo begun; ${gate(place, "go")}; echo ended`);
  const follower = place.start(["logs", "--follow", "2"], { env });
  const waiter = place.start(["wait", "--json", "1", "2"], { env });
  await waitFor(() => follower.stdout !== "" && waiter.stdout !== "", "a line of both");
  for (const command of [follower, waiter]) {
    command.kill("SIGHUP");
    assertEquals((await command.ended).code, HUNG_UP);
  }
  assertEquals(await stateOf(terminal, 2), "running");
  await open(place, "go");
  assertEquals((await run("wait", "2")).code, 0);
  assertEquals((await run("logs", "2")).stdout, "begun\nended\n");
  scheduler.kill("SIGINT");
  await scheduler.ended;
});

Deno.test("wait and logs --follow end when nobody reads them any more, and the job does not", async () => {
  await using place = await Workplace.create();
  const terminal = await startScheduler(place, ["--endpoint", "local", "--state", "state"]);
  const { run, env, scheduler } = terminal;
  const job = [gate(place, "go"), "echo more", gate(place, "leave"), "echo ended"];
  await run("submit", "--shell", `echo begun; ${job.join("; ")}`);
  await run("submit", "--local", "--", "true");
  await run("submit", "--local", "--shell", gate(place, "go"));
  const readOneLine = (...args: string[]) =>
    place.startCommand([
      ...["bash", "-c", '"$@" | head -n 1; exit ${PIPESTATUS[0]}', "bash"],
      ...[...PROGRAM, ...args],
    ], { env });
  const readers = [readOneLine("logs", "--follow", "1"), readOneLine("wait", "--json", "2", "3")];
  await waitFor(() => readers.every(({ stdout }) => stdout !== ""), "a line of both");
  await open(place, "go");
  for (const { ended } of readers) {
    const { code, stderr } = await ended;
    assertEquals([code, stderr], [OUTPUT_CLOSED, ""]);
  }
  assertEquals(await stateOf(terminal, 1), "running");
  await open(place, "leave");
  assertEquals((await run("wait", "1")).code, 0);
  assertEquals((await run("logs", "1")).stdout, "begun\nmore\nended\n");
  scheduler.kill("SIGINT");
  await scheduler.ended;
});
