import { assertEquals, assertGreater } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

/** Kills a job, which must be gone then, and makes sure that only the next one is reported. */
async function killOnly(batchSystem: TestBatchSystem, jobID: number): Promise<void> {
  assertEquals(await batchSystem.killBatchJobs([jobID]), { unconfirmed: [] });
  assertEquals(batchSystem.processes(jobID), []);
  assertEquals(batchSystem.getIssuedBatchJobIDs(), []);
  const { exitReason } = await batchSystem.run("true");
  assertEquals(exitReason, "FINISHED");
  assertEquals(await batchSystem.getUpdatedBatchJob(0), null);
}

Deno.test("killBatchJobs() takes a waiting job out of the queue", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  await killOnly(batchSystem, await batchSystem.issue("true", { cores: 10_000 }));
});

Deno.test("killBatchJobs() ends a job that is being launched", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const killed = Promise.withResolvers<{ unconfirmed: number[] }>();
  const unsubscribe = batchSystem.messageBus.subscribe(({ type, ...event }) => {
    if (type !== "JOB_LAUNCHED" || !("jobID" in event)) return;
    unsubscribe();
    batchSystem.killBatchJobs([event.jobID]).then(killed.resolve, killed.reject);
  });
  const jobID = await batchSystem.issue("sleep 1000");
  assertEquals(await killed.promise, { unconfirmed: [] });
  await killOnly(batchSystem, jobID);
});

Deno.test("killBatchJobs() passes over jobs that it does not know, and those that ended", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const { jobID } = await batchSystem.run("true");
  assertEquals(await batchSystem.killBatchJobs([jobID, 10, -1]), { unconfirmed: [] });
});

Deno.test("killBatchJobs() lets a job end itself, and forces it after the grace period", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos, { settings: { killGraceMs: 300 } });
  const { directory } = batchSystem;
  const jobID = await batchSystem.issue(
    `trap 'echo >>${directory}/terms' TERM; echo >${directory}/ready; while :; do sleep 0.02; done`,
  );
  await batchSystem.written("ready");
  await killOnly(batchSystem, jobID);
  assertEquals(await batchSystem.written("terms"), "\n");
});

Deno.test("killBatchJobs() finds descendants that have left the job's session", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const jobID = await batchSystem.issue(
    "setsid sh -c 'setsid sleep 1000 & sleep 1000' & (setsid sleep 1000 &); sleep 1000",
  );
  await waitFor(() => batchSystem.processes(jobID).length >= 6, "the descendants");
  await killOnly(batchSystem, jobID);
});

Deno.test("a job that has ended leaves no process behind", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const { directory } = batchSystem;
  const jobID = await batchSystem.issue(
    `setsid sleep 1000 & sleep 1000 & echo >${directory}/ready; while ! [ -e ${directory}/go ]; do sleep 0.02; done`,
  );
  await batchSystem.written("ready");
  assertGreater(batchSystem.processes(jobID).length, 2);
  await Deno.writeTextFile(batchSystem.at("go"), "");
  assertEquals((await batchSystem.nextResult()).exitStatus, 0);
  await waitFor(() => batchSystem.processes(jobID).length === 0, "the end of its processes");
});
