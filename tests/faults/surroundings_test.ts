import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { PROGRAM } from "../kit/program.ts";
import { waitFor } from "../kit/wait_for.ts";
import { assertAccounted } from "../kit/ledger.ts";
import { type Site, withSite } from "../kit/site.ts";

/** No file may grow beyond so many blocks of 512 bytes, as on a disk that is full; and the process is
 * told by an error, not ended by a signal. */
const FULL_DISK = `trap '' XFSZ; ulimit -f "$1"; shift; exec "$@"`;

/** A scheduler whose disk is full when one of its files has come to this size. */
async function scheduleOnFullDisk(site: Site, blocks: number) {
  const child = new Deno.Command("sh", {
    args: [
      ...["-c", FULL_DISK, "sh", String(blocks), ...PROGRAM],
      ...["scheduler", "--endpoint", site.mesos.endpoint],
      ...["--jobs", site.place.at("jobs.jsonl"), "--results", site.results, "--state", site.state],
    ],
    env: { NO_COLOR: "1", TMPDIR: site.place.at("tmp") },
    stdin: "null",
    stdout: "null",
  });
  const { code, stderr } = await child.output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("a scheduler whose disk is full stops with the reason, and goes on when there is room", async () => {
  await withSite({}, async (site) => {
    const jobs = Array.from({ length: 300 }, (_, i) => ({ name: `job-${i}`, exitStatus: i % 3 }));
    await site.writeJobs(jobs);
    // Each has room for a little more than the one before.
    for (const blocks of [1, 100, 600, 900]) {
      const { code, stderr } = await scheduleOnFullDisk(site, blocks);
      assertNotEquals(code, 0);
      assertMatch(stderr, /toil-mesos: Cannot (open|write to|write|use) .*/, stderr);
      if (code === 1 && /300 jobs: /.test(stderr)) throw new Error(`${blocks} blocks were enough`);
    }
    const { code } = await site.schedule().ended;
    assertEquals(code, 1);
    assertAccounted(jobs, site.ledger, site.readResults());
  });
});

Deno.test("a host name that nobody can resolve is no obstacle", async () => {
  await withSite({ agents: [{ hostname: "no-such-host.invalid" }] }, async (site) => {
    const jobs = [{ name: "job" }];
    await site.writeJobs(jobs);
    const scheduler = site.schedule();
    await waitFor(() => site.reported() === 1, "the job to be reported");
    assertEquals((await scheduler.ended).code, 0);
    assertAccounted(jobs, site.ledger, site.readResults());
    assertEquals(site.readResults()[0]?.node, site.mesos.ip(0));
  });
});
