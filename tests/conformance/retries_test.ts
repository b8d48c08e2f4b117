/**
 * Jobs that are run again by themselves.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

/** A command that fails until it was run so often; it counts its runs in a file. */
function failsUntil(path: string, runs: number): string {
  return `echo run >>${path}; [ $(wc -l <${path}) -ge ${runs} ] || exit 7`;
}

/** The launches of a job that have begun: others are no attempts. */
function attempts(batchSystem: TestBatchSystem, jobID: number) {
  const { tasks = [] } = batchSystem.inspection.job(jobID) ?? {};
  return tasks.filter(({ exitReason }) => exitReason !== undefined);
}

for (const local of [false, true]) {
  const where = local ? "beside the scheduler" : "on a node";
  Deno.test(`a job ${where} that fails is run again until it gets through, and reported once`, async () => {
    await using batchSystem = await TestBatchSystem.start(mesos);
    const runs = batchSystem.at("runs");
    const result = await batchSystem.run(failsUntil(runs, 3), { retries: 5, local });
    assertEquals([result.exitReason, result.attempts], ["FINISHED", 3]);
    assertEquals(await Deno.readTextFile(runs), "run\n".repeat(3));
    const retried = batchSystem.events.filter(({ type }) => type === "JOB_RETRIED");
    assertEquals(retried.length, 2);
    const tasks = attempts(batchSystem, result.jobID);
    assertEquals(tasks.map(({ exitReason, exitStatus }) => [exitReason, exitStatus]), [
      ["FAILED", 7],
      ["FAILED", 7],
      ["FINISHED", 0],
    ]);
  });
}

Deno.test("a job that fails for good is reported with the status of its last attempt", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const result = await batchSystem.run("exit 9", { retries: 1 });
  assertEquals([result.exitReason, result.exitStatus, result.attempts], ["FAILED", 9, 2]);
});

Deno.test("a job is run again on another node, where there is one", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  await batchSystem.met(await mesos.agents());
  const { jobID } = await batchSystem.run("exit 9", { retries: 1, preemptible: true });
  const tasks = attempts(batchSystem, jobID);
  const [first, second] = tasks.map(({ agentId }) => agentId);
  assertEquals(tasks.length, 2);
  assertNotEquals(first, second);
});

Deno.test("killBatchJobs() ends a job that is run again and again, and it is not reported", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const jobID = await batchSystem.issue("exit 1", { retries: 1000 });
  const isRetried = () => batchSystem.events.some(({ type }) => type === "JOB_RETRIED");
  await waitFor(isRetried, "a retry");
  assertEquals(await batchSystem.killBatchJobs([jobID]), { unconfirmed: [] });
  assertEquals(await batchSystem.getUpdatedBatchJob(0), null);
  assertEquals(batchSystem.getIssuedBatchJobIDs(), []);
});
