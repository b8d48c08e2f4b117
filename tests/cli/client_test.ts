/**
 * The commands by which people and programs use a running scheduler.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { type Ended, Workplace } from "../kit/workplace.ts";

/** A place with a scheduler where the commands find it by themselves. */
async function withScheduler(
  test: (
    run: (...args: string[]) => Promise<Ended>,
    place: Workplace,
  ) => Promise<void>,
): Promise<void> {
  await using place = await Workplace.create();
  const env = { HOME: place.path };
  const scheduler = place.start(["scheduler", "--endpoint", "local"], { env });
  await scheduler.registered();
  try {
    await test((...args) => place.run(args, { env }), place);
  } finally {
    // Unless the test has ended it.
    if (!scheduler.stderr.includes("Stopped")) scheduler.kill("SIGINT");
    await scheduler.ended;
  }
}

Deno.test("jobs are submitted, listed, read and waited for", () =>
  withScheduler(async (run) => {
    const submitted = await run("submit", "--memory", "64Mi", "--", "echo", "a  b", "$HOME");
    assertEquals([submitted.code, submitted.stdout], [0, "1\n"]);
    assertEquals((await run("wait", "1")).code, 0);
    assertEquals((await run("logs", "1")).stdout, "a  b $HOME\n");
    const json = await run("submit", "--json", "--wait", "--name", "n", "--", "true");
    const [issued, result] = json.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(issued, { jobID: 2 });
    assertEquals([result.jobID, result.name, result.exitStatus, result.exitReason], [
      ...[2, "n", 0, "FINISHED"],
    ]);
    assertEquals(JSON.parse((await run("wait", "2", "--json")).stdout), result);
    assertEquals(JSON.parse((await run("status")).stdout).jobs.ended, 2);
  }));

Deno.test("jobs are told by their status; arrays and files of jobs are issued", () =>
  withScheduler(async (run, place) => {
    await run("submit", "--memory", "64Mi", "--wait", "--", "true");
    const failed = await run("submit", "--wait", "--shell", "echo out; echo err >&2; exit 7");
    assertEquals([failed.code, failed.stdout], [7, "2\n"]);
    assertStringIncludes(failed.stderr, "is FAILED with status 7: err");
    assertEquals((await run("logs", "--stderr", "--follow", "2")).stdout, "err\n");
    const [job] = (await run("jobs", "--all", "2")).stdout.trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals([job.jobID, job.state, job.exitReason], [2, "ended", "FAILED"]);
    const array = await run(
      "submit",
      "--array",
      "3-5",
      "--wait",
      "--local",
      "--shell",
      "echo $TOIL_MESOS_ARRAY_INDEX",
    );
    assertEquals([array.code, array.stdout], [0, "3\n4\n5\n"]);
    assertEquals((await run("logs", "4")).stdout, "4\n");
    const file = await place.jobs([{ command: "true", name: "from-file", timeLimit: "5m" }]);
    assertEquals((await run("submit", "--jobs", file, "--wait")).stdout, "6\n");
    const fromFile = (await run("jobs", "--all", "--search", "from-file")).stdout;
    assertStringIncludes(fromFile, '"jobID":6');
    assertStringIncludes(fromFile, '"timeLimitMs":300000');
    const limited = await run("submit", "--time-limit", "100ms", "--wait", "--", "sleep", "600");
    assertStringIncludes(limited.stderr, "MAXJOBDURATION");
    const retried = await place.jobs([{ command: "exit 4", retries: 1 }]);
    assertEquals((await run("submit", "--jobs", retried, "--wait")).code, 4);
    const again = await run("submit", "--retries", "2", "--wait", "--shell", "exit 5");
    assertEquals(again.code, 5);
    const attempts = async (id: string) =>
      JSON.parse((await run("jobs", "--all", id)).stdout).attempts;
    assertEquals([await attempts("8"), await attempts("9")], [2, 3]);
  }));

Deno.test("what a job writes can be followed while it runs; it can be killed", () =>
  withScheduler(async (run, place) => {
    const script = `echo begun; while [ ! -e ${place.at("go")} ]; do sleep 0.2; done; echo ended`;
    await run("submit", "--shell", script);
    const env = { HOME: place.path };
    const follower = place.start(["logs", "--follow", "1"], { env });
    await waitFor(() => follower.stdout === "begun\n", "the first line");
    assertStringIncludes((await run("status")).stdout, '"running":1');
    await Deno.writeTextFile(place.at("go"), "");
    assertEquals((await follower.ended).stdout, "begun\nended\n");
    await run("submit", "--", "sleep", "600");
    const killed = await run("kill", "2", "1", "99");
    assertEquals(JSON.parse(killed.stdout), {
      killed: [2],
      ended: [1],
      unknown: [99],
      unconfirmed: [],
    });
    assertEquals(killed.code, 1);
    assertStringIncludes(killed.stderr, "Job 99 was never issued");
    assertEquals((await run("wait", "2")).code, 255);
  }));

Deno.test("nodes are listed and ignored; the scheduler says how it is, and ends", () =>
  withScheduler(async (run) => {
    const node = JSON.parse((await run("nodes")).stdout);
    assertEquals((await run("ignore", node.address)).code, 0);
    assertEquals(JSON.parse((await run("nodes")).stdout).ignored, true);
    await run("submit", "--", "true");
    assertStringIncludes((await run("status")).stdout, "all known nodes are ignored");
    assertEquals((await run("unignore", node.address)).code, 0);
    assertEquals((await run("wait", "1")).code, 0);
    assertEquals((await run("shutdown")).code, 0);
    await waitFor(async () => (await run("status")).code !== 0, "the end of the scheduler");
    const { code, stderr } = await run("status");
    assertEquals(code, 3, stderr);
    assertStringIncludes(stderr, "Cannot find a scheduler");
  }));
