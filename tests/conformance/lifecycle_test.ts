import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

Deno.test("two long jobs run, are killed, and nobody hears of them again", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const killed = [await batchSystem.issue("sleep 1000"), await batchSystem.issue("sleep 1000")];
  assertEquals(batchSystem.getIssuedBatchJobIDs().sort(), killed);
  await batchSystem.running(...killed);
  assert(killed.every((jobID) => batchSystem.processes(jobID).length > 0));

  assertEquals(await batchSystem.killBatchJobs(killed), { unconfirmed: [] });
  assertEquals(batchSystem.getRunningBatchJobIDs(), new Map());
  assertEquals(batchSystem.getIssuedBatchJobIDs(), []);
  assertEquals(killed.flatMap((jobID) => batchSystem.processes(jobID)), []);

  const finished = await batchSystem.run("mktemp -d");
  assertEquals(finished.exitReason, "FINISHED");
  assertEquals(await batchSystem.getUpdatedBatchJob(0), null);
});

Deno.test("getUpdatedBatchJob() reports a finished job once, with the time that it took", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const jobID = await batchSystem.issue("sleep 0.2");
  const update = await batchSystem.getUpdatedBatchJob(60);
  assert(update);
  const { backingId = "", ...rest } = update;
  assertMatch(backingId, new RegExp(`^${jobID}-1-[0-9a-f]+$`));
  assertEquals({ ...rest, wallTime: 0 }, {
    jobID,
    exitStatus: 0,
    exitReason: "FINISHED",
    wallTime: 0,
  });
  assertGreater(update.wallTime, 0.19);
  assertEquals(await batchSystem.getUpdatedBatchJob(0), null);
  assertEquals(batchSystem.getIssuedBatchJobIDs(), []);
});

Deno.test("the message bus tells the life of a job in order", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  // A job that ends sooner may not be reported as running.
  const { jobID, node, taskId } = await batchSystem.run("sleep 0.5", { jobName: "told" });
  const told = batchSystem.events.filter((event) =>
    ("jobID" in event && event.jobID === jobID) || event.type === "JOB_ENDED"
  );
  const [issued, launched, running, ended] = told;
  assertEquals(told.length, 4);
  assertEquals(issued, { type: "JOB_ISSUED", jobID, name: "told" });
  assertEquals(launched, { type: "JOB_LAUNCHED", jobID, taskId, node });
  assertEquals(running, { type: "JOB_RUNNING", jobID, taskId, node });
  assertEquals(ended?.type === "JOB_ENDED" && ended.result.jobID, jobID);
});

Deno.test("shutdown() removes the framework and ends all processes", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const { frameworkId } = batchSystem;
  await batchSystem.running(await batchSystem.issue("setsid sleep 1000 & sleep 1000"));
  await batchSystem.shutdown();
  const { frameworks, completed_frameworks } = await mesos.state();
  assertEquals(frameworks.filter(({ id }) => id === frameworkId), []);
  assertEquals(completed_frameworks.filter(({ id }) => id === frameworkId).length, 1);
  await waitFor(() => batchSystem.processes().length === 0, "the end of all processes");
});

Deno.test("two batch systems share one Mesos", async () => {
  await using one = await TestBatchSystem.start(mesos);
  await using other = await TestBatchSystem.start(mesos);
  // A job that nobody can run keeps the one asking for offers all the time.
  const neverRuns = await one.issue("true", { cores: 10_000 });
  const lasts = await one.issue("sleep 1000");
  await one.running(lasts);
  for (let job = 0; job < 10; job++) await other.issue("true");
  const results = [...(await other.nextResults(10)).values()];
  assert(results.every(({ exitReason }) => exitReason === "FINISHED"));
  assertEquals(one.getIssuedBatchJobIDs().sort(), [neverRuns, lasts]);
});
