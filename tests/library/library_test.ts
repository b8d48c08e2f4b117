/**
 * The library as programs import it.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join, relative } from "node:path";
import { createBatchSystem, MesosUnavailableError, UsageError } from "../../mod.ts";
import { API_PAGE, generateApiPage } from "../../tools/generate_api.ts";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { ROOT } from "../kit/sources.ts";

const SMALL = { cores: 0.1, memory: "32Mi", disk: "1Mi" };

async function deno(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const [out = "", error = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, error };
}

Deno.test("createBatchSystem() runs jobs with defaults, sizes as text, and Toil's method names", async () => {
  await using batch = await createBatchSystem({ endpoint: "local:2" });
  const first = await batch.issueBatchJob("exit 3", SMALL);
  const updated = await batch.getUpdatedBatchJob(60);
  assertEquals([updated?.jobID, updated?.exitStatus, updated?.exitReason], [first, 3, "FAILED"]);
  const others = await batch.issueBatchJobs([
    { command: "true", requirements: { ...SMALL, jobName: "named" } },
    { command: "kill -9 $$", requirements: SMALL },
  ]);
  const statuses = new Map<number, number>();
  for await (const { jobID, exitStatus } of batch.results()) statuses.set(jobID, exitStatus);
  assertEquals([...statuses].toSorted(), [[others[0], 0], [others[1], -9]]);
  assertEquals(batch.getIssuedBatchJobIDs(), []);
});

Deno.test("createBatchSystem() runs a failed job again, and ends one whose time is up", async () => {
  await using directory = await TemporaryDirectory.create();
  await using batch = await createBatchSystem({ endpoint: "local:1", killGrace: "100ms" });
  const failOnce = `test -e '${directory.at("ran")}' || { touch '${
    directory.at("ran")
  }'; exit 5; }`;
  const [better = 0, worse, slow, local] = await batch.issueBatchJobs([
    { command: failOnce, requirements: { ...SMALL, retries: 3 } },
    { command: "exit 6", requirements: { ...SMALL, retries: 2 } },
    { command: "sleep 600", requirements: { ...SMALL, timeLimitMs: 200 } },
    { command: "sleep 600", requirements: { ...SMALL, timeLimitMs: 200, local: true } },
  ]);
  const ends = new Map<number | undefined, unknown>();
  for await (const { jobID, exitReason, attempts } of batch.results()) {
    ends.set(jobID, [exitReason, attempts]);
  }
  assertEquals(ends.get(better), ["FINISHED", 2]);
  assertEquals(ends.get(worse), ["FAILED", 3]);
  assertEquals(ends.get(slow), ["MAXJOBDURATION", undefined]);
  assertEquals(ends.get(local), ["MAXJOBDURATION", undefined]);
  const wrong = { ...SMALL, retries: -1 };
  await assertRejects(() => batch.issueBatchJob("true", wrong), TypeError, "retries");
});

Deno.test("createBatchSystem() deploys a user script", async () => {
  await using batch = await createBatchSystem({
    endpoint: "local",
    userScript: join(ROOT, "examples/pi"),
  });
  await batch.issueBatchJob('test -r "$TOIL_MESOS_USER_SCRIPT/slice.sh"', SMALL);
  for await (const { exitStatus } of batch.results()) assertEquals(exitStatus, 0);
});

Deno.test("results() gives a result once, also when its loop is left early", async () => {
  await using batch = await createBatchSystem({ endpoint: "local" });
  await batch.issueBatchJobs(
    ["true", "false"].map((command) => ({ command, requirements: SMALL })),
  );
  const seen: number[] = [];
  for await (const { jobID } of batch.results()) {
    seen.push(jobID);
    break;
  }
  for await (const { jobID } of batch.results()) seen.push(jobID);
  assertEquals(seen.toSorted(), [1, 2]);
});

Deno.test("results() ends when the batch system shuts down or the last job is killed", async () => {
  await using batch = await createBatchSystem({ endpoint: "local", killGrace: "100ms" });
  const killed = await batch.issueBatchJob("sleep 1000", SMALL);
  const none = Array.fromAsync(batch.results());
  await batch.killBatchJobs([killed]);
  assertEquals(await none, []);
  await batch.issueBatchJob("sleep 1000", SMALL);
  const left = Array.fromAsync(batch.results());
  await batch.shutdown();
  assertEquals(await left, []);
});

Deno.test("createBatchSystem() leaves nothing open when it fails", async () => {
  await assertRejects(() => createBatchSystem({ endpoint: "ftp://m" }), UsageError, "--endpoint");
  await assertRejects(() => createBatchSystem({ killGrace: "soon" }), RangeError, "soon");
  await assertRejects(
    () => createBatchSystem({ endpoint: "127.0.0.1:1", registrationTimeout: "100ms" }),
    MesosUnavailableError,
  );
});

Deno.test("examples/embed.ts runs its jobs", async () => {
  const { code, out, error } = await deno("run", "--quiet", "--allow-all", "examples/embed.ts");
  assertEquals([code, error], [0, ""]);
  const lines = out.trim().split("\n");
  assertEquals(lines[0], "issued 1, 2, 3");
  assertEquals(lines.slice(1).toSorted(), [
    "alpha: FINISHED with status 0",
    "beta: FAILED with status 1",
    "gamma: FINISHED with status 0",
  ]);
});

Deno.test("entry points have no effect on import, and read no environment", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const entries = Object.values<string>(exports);
  assert(entries.length >= 6);
  const script = entries.map((path) => `await import("${new URL(path, `file://${ROOT}`)}");`)
    .join("\n");
  // Without any permission but to read the modules: an effect would be refused.
  const { code, out, error } = await deno("eval", "--quiet", "--no-prompt", script).then(
    (result) => result,
  );
  assertEquals([code, out, error], [0, "", ""]);
});

Deno.test("the API is the recorded one; run `deno task generate` when it changes on purpose", async () => {
  assertEquals(await generateApiPage(), await Deno.readTextFile(join(ROOT, API_PAGE)));
});

Deno.test("the package can be published, and ships no tests", async () => {
  // Types are for `deno check .`, which remembers its findings.
  const { code, error } = await deno("publish", "--dry-run", "--allow-dirty", "--no-check");
  assertEquals(code, 0, error);
  const files = [...error.matchAll(/file:\/\/(\S+)/g)].map(([, path = ""]) => relative(ROOT, path));
  assert(files.length > 150, error);
  assertEquals(files.filter((path) => /_test\.ts$|\/testing\.ts$|^tests\//.test(path)), []);
  assert(files.includes("mod.ts"), error);
});
