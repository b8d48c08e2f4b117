import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { assertAccounted, type LedgerJob } from "../kit/ledger.ts";
import { isAlive } from "../../process/process_table.ts";
import { type Site, withSite } from "../kit/site.ts";

/** Four jobs that run until a gate is opened, and four that wait for them. */
function twoRounds(site: Site): LedgerJob[] {
  return Array.from({ length: 8 }, (_, i) => ({
    name: `job-${i}`,
    work: i < 4 ? site.gate("gate") : ":",
    exitStatus: i % 4,
  }));
}

async function firstRound(site: Site): Promise<number[]> {
  await waitFor(() => site.ledger.running().size === 4, "four jobs to run");
  return [...site.ledger.running().values()];
}

async function frameworkId(site: Site): Promise<string | undefined> {
  return (await site.mesos.state())?.frameworks[0]?.id;
}

Deno.test("a master that is killed and comes back finds the same framework, and every job goes on", async () => {
  await withSite({}, async (site) => {
    const jobs = twoRounds(site);
    await site.writeJobs(jobs);
    const scheduler = site.schedule();
    const before = await firstRound(site);
    const id = await frameworkId(site);
    assert(id !== undefined);
    await site.mesos.master.kill();
    // They end while nobody can be told.
    await site.open("gate");
    await waitFor(() => !before.some(isAlive), "the jobs to end");
    site.mesos.master.start();
    await waitFor(async () => await frameworkId(site) === id, "the framework to be there again");
    assertEquals((await scheduler.ended).code, 1);
    assertAccounted(jobs, site.ledger, site.readResults());
    assertEquals(site.readResults().filter(({ exitReason }) => exitReason === "LOST"), []);
  });
});

Deno.test("master, agent and scheduler die together, and nothing is lost but time", async () => {
  await withSite({}, async (site) => {
    const jobs = twoRounds(site);
    await site.writeJobs(jobs);
    const first = site.schedule();
    const before = await firstRound(site);
    first.kill("SIGKILL");
    await Promise.all([first.ended, site.mesos.master.kill(), site.mesos.agents[0]?.kill()]);
    assertEquals(before.filter(isAlive), before);
    site.mesos.master.start();
    site.mesos.agents[0]?.start();
    const second = site.schedule();
    await site.open("gate");
    assertEquals((await second.ended).code, 1);
    assertAccounted(jobs, site.ledger, site.readResults());
    assertEquals(site.readResults().filter(({ exitReason }) => exitReason === "LOST"), []);
  });
});

Deno.test("a scheduler that is interrupted while no master is there leaves within its bound, and the next goes on", async () => {
  await withSite({}, async (site) => {
    const jobs = twoRounds(site);
    await site.writeJobs(jobs);
    const first = site.schedule();
    const before = await firstRound(site);
    const id = await frameworkId(site);
    await site.mesos.master.kill();
    first.kill("SIGINT");
    const { code, stderr } = await first.ended;
    assertEquals(code, 130);
    // A master that was started again waits for its frameworks for ever: somebody must know.
    assertStringIncludes(stderr, `framework ${id}`);
    assertStringIncludes(stderr, "8 jobs: 0 finished, 0 failed, 0 lost, 0 killed");
    assertEquals(before.filter(isAlive), before);
    site.mesos.master.start();
    const second = site.schedule();
    await waitFor(async () => await frameworkId(site) === id, "the framework to be there again");
    await site.open("gate");
    assertEquals((await second.ended).code, 1);
    assertAccounted(jobs, site.ledger, site.readResults());
  });
});
