/**
 * Result lines of jobs that clients of a running scheduler issue or kill.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ControlClient } from "../../control/client.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";

const SMALL = { memory: "16Mi", disk: "1Mi" };

/** How each job has ended, by its line. */
async function endsIn(path: string): Promise<[number, string][]> {
  const text = await Deno.readTextFile(path);
  return text.trimEnd().split("\n").map((line) => {
    const { jobID, exitReason } = JSON.parse(line);
    return [jobID, exitReason];
  });
}

Deno.test("--results of a scheduler that serves has a line of each job, once, also of killed ones", async () => {
  await using place = await Workplace.create();
  const args = [
    ...["scheduler", "--endpoint=local", "--state=st", "--results=out.jsonl"],
    `--listen=unix:${place.at("s")}`,
  ];
  const first = place.start(args);
  await first.registered();
  const issue = async (...commands: string[]) => {
    await using client = new ControlClient({ address: { path: place.at("s") } });
    return await client.issueJobs(
      commands.map((command) => ({ ...SMALL, command })),
      { updates: false },
    );
  };
  const finish = async (jobID: number) => {
    await using client = new ControlClient({ address: { path: place.at("s") } });
    await client.waitForJob(jobID);
  };
  await issue("true", "exit 3", "sleep 600");
  await finish(1);
  await finish(2);
  {
    await using client = new ControlClient({ address: { path: place.at("s") } });
    await client.killJobs([3]);
  }
  const path = place.at("out.jsonl");
  await waitFor(async () => (await endsIn(path)).length === 3, "three lines");
  first.kill("SIGKILL");
  await first.ended;
  // A line that was not written before the end of the process.
  const lines = (await Deno.readTextFile(path)).split("\n");
  await Deno.writeTextFile(path, `${lines.filter((line) => !line.includes("FAILED")).join("\n")}`);
  const second = place.start(args);
  await second.registered();
  await issue("true");
  await finish(4);
  second.kill("SIGTERM");
  await second.ended;
  assertEquals((await endsIn(path)).sort(([a], [b]) => a - b), [
    [1, "FINISHED"],
    [2, "FAILED"],
    [3, "KILLED"],
    [4, "FINISHED"],
  ]);
  await place.sweep();
});

Deno.test("a job of a file that a client kills has its line, too", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ ...SMALL, command: "sleep 600" }, {
    ...SMALL,
    command: "true",
  }]);
  const scheduler = place.start([
    ...["scheduler", "--endpoint=local", "--jobs", jobs, "--results=out.jsonl"],
    `--listen=unix:${place.at("s")}`,
  ]);
  await scheduler.registered();
  {
    await using client = new ControlClient({ address: { path: place.at("s") } });
    await waitFor(async () => (await client.running()).has(1), "the job");
    assertEquals((await client.killJobs([1])).killed, [1]);
  }
  const { code, stderr } = await scheduler.ended;
  assertEquals(code, 1);
  assertStringIncludes(stderr, "2 jobs: 1 finished, 0 failed, 0 lost, 1 killed");
  assertEquals((await endsIn(place.at("out.jsonl"))).sort(([a], [b]) => a - b), [
    [1, "KILLED"],
    [2, "FINISHED"],
  ]);
});

Deno.test("a service whose results nobody reads serves on, and stops when it is told to", async () => {
  await using place = await Workplace.create();
  const fifo = place.at("fifo");
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  const scheduler = place.start([
    ...["scheduler", "--endpoint=local", "--state=st", "--results", fifo],
    `--listen=unix:${place.at("s")}`,
  ]);
  await scheduler.registered();
  {
    await using client = new ControlClient({ address: { path: place.at("s") } });
    for (const command of ["exit 3", "true"]) {
      const [jobID = 0] = await client.issueJobs([{ ...SMALL, command }]);
      await client.waitForJob(jobID);
    }
  }
  scheduler.kill("SIGTERM");
  await waitFor(() => place.processes().length === 0, "the end of the scheduler");
  const { code, stderr } = await scheduler.ended;
  assertEquals(code, 0, stderr);
});
