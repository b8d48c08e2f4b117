import { assert, assertEquals } from "@std/assert";
import { assertAccounted } from "../kit/ledger.ts";
import { type Site, withSite } from "../kit/site.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Candidate, PERSISTENT_SEQUENTIAL, zooKeeperTest } from "../kit/zookeeper.ts";
import type { ZooKeeperServer } from "../kit/zookeeper_server.ts";

const PATH = "/mesos";

/** Registers the master of a site as the only candidate: it leads. */
async function elect(server: ZooKeeperServer, site: Site, mode?: number): Promise<Candidate> {
  const candidate = new Candidate(server, PATH);
  await candidate.connect();
  await candidate.create(PATH, "").catch(() => {});
  await candidate.register(site.mesos.port, mode);
  return candidate;
}

/** Four jobs that run until a gate is opened, and four that wait for them. */
function jobsOf(site: Site) {
  return Array.from({ length: 8 }, (_, i) => ({
    name: `job-${i}`,
    work: i < 4 ? site.gate("gate") : ":",
  }));
}

async function running(site: Site): Promise<void> {
  await waitFor(() => site.ledger.running().size === 4, "four jobs to run");
}

zooKeeperTest(
  "scheduler finds its master in ZooKeeper, and again after that has died",
  async (server) => {
    await withSite({}, async (site) => {
      const jobs = jobsOf(site);
      await site.writeJobs(jobs);
      const first = await elect(server, site);
      const scheduler = site.schedule([], `zk://${server.address}${PATH}`);
      await running(site);
      const framework = (await site.mesos.state())?.frameworks[0]?.id;
      assert(framework !== undefined);
      await site.mesos.master.kill();
      await first.close();
      await site.open("gate");
      await waitFor(() => scheduler.stderr.includes("Disconnected"), "the loss to be noticed");
      site.mesos.master.start();
      const second = await elect(server, site);
      assertEquals((await scheduler.ended).code, 0);
      const { completed_frameworks } = await waitFor(() => site.mesos.state(), "the master");
      assertEquals(completed_frameworks.map(({ id }) => id), [framework]);
      assertAccounted(jobs, site.ledger, site.readResults());
      await second.close();
    });
  },
);

zooKeeperTest("scheduler goes on with its master while ZooKeeper is away", async (server) => {
  await withSite({}, async (site) => {
    const jobs = jobsOf(site);
    await site.writeJobs(jobs);
    // Its node stays: it is ZooKeeper that goes, not the leader.
    const candidate = await elect(server, site, PERSISTENT_SEQUENTIAL);
    const scheduler = site.schedule([], `zk://${server.address}${PATH}`);
    await running(site);
    await candidate.close();
    await server.kill();
    await site.open("gate");
    assertEquals((await scheduler.ended).code, 0);
    assertAccounted(jobs, site.ledger, site.readResults());
  });
});
