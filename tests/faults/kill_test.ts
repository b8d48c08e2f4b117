import { assert, assertEquals } from "@std/assert";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { waitFor } from "../kit/wait_for.ts";
import { isAlive } from "../../process/process_table.ts";
import { sendSignal } from "../../process/signals.ts";
import { type Site, withSite } from "../kit/site.ts";

/** A batch system on a site, with a job that runs until it is killed. */
async function withRunningJob(
  test: (bench: { site: Site; batchSystem: TestBatchSystem; jobID: number }) => Promise<void>,
): Promise<void> {
  await withSite({}, async (site) => {
    await using batchSystem = await TestBatchSystem.start(site.mesos);
    const jobID = await batchSystem.issue("sleep 1000 & setsid sleep 1000 & wait");
    await batchSystem.running(jobID);
    await waitFor(() => batchSystem.processes(jobID).length >= 3, "the processes of the job");
    await test({ site, batchSystem, jobID });
    assertEquals(await batchSystem.getUpdatedBatchJob(0), null, "what was killed is not reported");
    assertEquals((await batchSystem.run("exit 4")).exitStatus, 4);
  });
}

/** A kill that nobody can carry out yet: the batch system no longer counts the job as its own. */
function kill(batchSystem: TestBatchSystem, jobID: number) {
  const killed = batchSystem.killBatchJobs([jobID]);
  assert(batchSystem.processes(jobID).length > 0);
  return killed;
}

Deno.test("a kill while no master is there is carried out when it is back", async () => {
  await withRunningJob(async ({ site, batchSystem, jobID }) => {
    await site.mesos.master.kill();
    const killed = kill(batchSystem, jobID);
    await waitFor(() => batchSystem.getRunningBatchJobIDs().size === 0, "the kill to be noted");
    site.mesos.master.start();
    assertEquals(await killed, { unconfirmed: [] });
    assertEquals(batchSystem.processes(jobID), []);
  });
});

Deno.test("a kill while the agent is away is repeated until it is back", async () => {
  await withRunningJob(async ({ site, batchSystem, jobID }) => {
    await site.mesos.agents[0]?.kill();
    const killed = kill(batchSystem, jobID);
    await waitFor(() => batchSystem.getRunningBatchJobIDs().size === 0, "the kill to be noted");
    site.mesos.agents[0]?.start();
    assertEquals(await killed, { unconfirmed: [] });
    assertEquals(batchSystem.processes(jobID), []);
  });
});

Deno.test("a kill of a job that can't be reached does not wait, and is carried out all the same", async () => {
  await withRunningJob(async ({ site, batchSystem, jobID }) => {
    site.mesos.agents[0]?.pause();
    await waitFor(
      () => batchSystem.events.some(({ type }) => type === "JOB_UNREACHABLE"),
      "the node to be unreachable",
    );
    assertEquals(await kill(batchSystem, jobID), { unconfirmed: [jobID] });
    site.mesos.agents[0]?.resume();
    await waitFor(() => batchSystem.processes(jobID).length === 0, "the job to be ended");
  });
});

Deno.test("a kill that its executor can't hear yet is heard when it goes on", async () => {
  await withRunningJob(async ({ site, batchSystem, jobID }) => {
    const [executor] = site.mesos.executors(0);
    assert(executor !== undefined);
    sendSignal(executor, "SIGSTOP");
    const killed = kill(batchSystem, jobID);
    await waitFor(() => batchSystem.getRunningBatchJobIDs().size === 0, "the kill to be noted");
    sendSignal(executor, "SIGCONT");
    assertEquals(await killed, { unconfirmed: [] });
    assert(isAlive(executor));
    assertEquals(batchSystem.processes(jobID), []);
  });
});
