import { assert, assertEquals, assertGreater } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { assertAccounted, type LedgerJob } from "../kit/ledger.ts";
import { isAlive } from "../../process/process_table.ts";
import { type Site, withSite } from "../kit/site.ts";

/** Long enough for whatever comes back within a test. */
const PATIENT = ["--unreachable-timeout", "60s"];

/** Runs out before an agent that is stopped is continued. */
const IMPATIENT = ["--unreachable-timeout", "1s", "--kill-grace", "500ms"];

function gated(site: Site, name: string): LedgerJob {
  return { name, work: site.gate(name) };
}

/** A node that gets the jobs that may be taken away, and no others. */
const PREEMPTIBLE = { attributes: "preemptible:true" };

/** A job for that node, which never ends by itself. */
function doomed(site: Site): LedgerJob {
  return { name: "doomed", work: site.gate("never"), fields: { preemptible: true } };
}

function ends(site: Site): Record<string, string> {
  return Object.fromEntries(site.readResults().map(({ name, exitReason }) => [name, exitReason]));
}

/** The process of a job, once it runs. */
async function processOf(site: Site, name: string): Promise<number> {
  return await waitFor(() => site.ledger.running().get(name), `${name} to run`);
}

/** Waits until the scheduler has heard that a node can't be reached. */
async function unreachable(scheduler: { readonly stderr: string }): Promise<void> {
  await waitFor(() => /unreachable|can't be reached/i.test(scheduler.stderr), "the partition");
}

Deno.test("jobs outlive their agent, and what ends while it is away is reported as it ended", async () => {
  await withSite({}, async (site) => {
    const jobs = [{ ...gated(site, "meanwhile"), exitStatus: 6 }, gated(site, "later")];
    await site.writeJobs(jobs);
    const scheduler = site.schedule(PATIENT);
    const meanwhile = await processOf(site, "meanwhile");
    const later = await processOf(site, "later");
    await site.mesos.agents[0]?.kill();
    await site.open("meanwhile");
    await waitFor(() => !isAlive(meanwhile), "a job to end without its agent");
    site.mesos.agents[0]?.start();
    await waitFor(() => site.reported() === 1, "the job that ended meanwhile to be reported");
    assert(isAlive(later), "the other one goes on");
    await site.open("later");
    assertEquals((await scheduler.ended).code, 1);
    const results = site.readResults();
    assertAccounted(jobs, site.ledger, results);
    for (const { wallTime } of results) assertGreater(wallTime, 0);
  });
});

Deno.test("executors whose agent does not come back end their jobs and leave", async () => {
  const first = { ...PREEMPTIBLE, recoveryTimeoutMs: 1_000 };
  await withSite({ agents: [first, {}] }, async (site) => {
    await site.writeJobs([doomed(site), gated(site, "other")]);
    const scheduler = site.schedule(IMPATIENT);
    const pid = await processOf(site, "doomed");
    await processOf(site, "other");
    await site.mesos.agents[0]?.kill();
    await waitFor(() => site.mesos.executors(0).length === 0, "the executor to leave");
    assert(!isAlive(pid));
    await site.open("other");
    assertEquals((await scheduler.ended).code, 1);
    assertEquals(ends(site), { doomed: "LOST", other: "FINISHED" });
  });
});

Deno.test("a job on a node that was away and is back in time goes on", async () => {
  await withSite({}, async (site) => {
    const jobs = [gated(site, "gate")];
    await site.writeJobs(jobs);
    const scheduler = site.schedule([...PATIENT, "--log-level", "DEBUG"]);
    const pid = await processOf(site, "gate");
    site.mesos.agents[0]?.pause();
    await unreachable(scheduler);
    assertEquals(site.reported(), 0);
    site.mesos.agents[0]?.resume();
    await site.mesos.registered();
    assert(isAlive(pid));
    await site.open("gate");
    assertEquals((await scheduler.ended).code, 0);
    assertAccounted(jobs, site.ledger, site.readResults());
    assertEquals(site.ledger.read().get("gate"), { starts: [pid], ends: [pid] });
  });
});

Deno.test("a job on a node that stays away is lost, and its old copy is ended when the node is back", async () => {
  await withSite({ agents: [PREEMPTIBLE, {}] }, async (site) => {
    await site.writeJobs([doomed(site), gated(site, "other")]);
    const scheduler = site.schedule(IMPATIENT);
    const pid = await processOf(site, "doomed");
    await processOf(site, "other");
    site.mesos.agents[0]?.pause();
    await waitFor(() => site.reported() === 1, "what can't be reached to be given up");
    assert(isAlive(pid), "nobody could end it yet");
    site.mesos.agents[0]?.resume();
    await waitFor(() => !isAlive(pid), "the old copy to be ended");
    await site.open("other");
    assertEquals((await scheduler.ended).code, 1);
    assertEquals(ends(site), { doomed: "LOST", other: "FINISHED" });
  });
});

Deno.test("an agent that has forgotten everything loses the jobs it had, whose executor ends them and leaves", async () => {
  await withSite({}, async (site) => {
    const jobs = [{ name: "never", work: site.gate("never") }, {
      name: "wide",
      fields: { cores: 4 },
    }];
    await site.writeJobs(jobs);
    const scheduler = site.schedule(PATIENT);
    const pid = await processOf(site, "never");
    const [executor] = site.mesos.executors(0);
    assert(executor !== undefined);
    await site.mesos.forget(0);
    site.mesos.agents[0]?.start();
    await waitFor(() => !isAlive(pid), "the job to end");
    await waitFor(() => !isAlive(executor), "its executor to leave");
    assertEquals((await scheduler.ended).code, 1);
    assertEquals(ends(site), { never: "LOST", wide: "FINISHED" });
  });
});
