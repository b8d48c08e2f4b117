import { assert, assertEquals, assertMatch } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { assertAccounted, type LedgerJob } from "../kit/ledger.ts";
import { isAlive } from "../../process/process_table.ts";
import { sendSignal } from "../../process/signals.ts";
import { describeProcess } from "../kit/processes.ts";
import { type Site, withSite } from "../kit/site.ts";

/** Waits until so many jobs run; gives their processes. */
async function running(site: Site, count: number): Promise<number[]> {
  await waitFor(() => site.ledger.running().size === count, `${count} jobs to run`);
  return [...site.ledger.running().values()];
}

/** The executor of the only agent. */
function executor(site: Site): number {
  const [pid, ...others] = site.mesos.executors(0);
  assert(pid !== undefined && others.length === 0);
  return pid;
}

Deno.test("jobs of an executor that is killed are lost, leave no process, and keep no other job from running", async () => {
  await withSite({}, async (site) => {
    const jobs: LedgerJob[] = [
      ...[1, 2].map((i) => ({ name: `lost-${i}`, work: site.gate("never") })),
      // It leaves group and session of its job, and ends for no signal but the last.
      { name: "tree", work: `setsid sh -c 'trap "" TERM INT HUP; ${site.gate("never")}'` },
      { name: "wide", fields: { cores: 4 } },
    ];
    await site.writeJobs(jobs);
    const scheduler = site.schedule();
    const before = [...await running(site, 3), executor(site)];
    const descendants = site.ours().filter((pid) => describeProcess(pid).includes("gate-never"));
    assert(descendants.length > 3);
    sendSignal(executor(site), "SIGKILL");
    assertEquals((await scheduler.ended).code, 1);
    await waitFor(() => ![...before, ...descendants].some(isAlive), "the processes to end");
    const results = site.readResults();
    assertAccounted(jobs, site.ledger, results);
    for (const { name, exitReason, message } of results) {
      if (name === "wide") continue;
      assertEquals(exitReason, "LOST");
      assertMatch(message, /REASON_EXECUTOR_TERMINATED.*signal 9/);
    }
  });
});

Deno.test("an executor that is stopped and continued goes on as if nothing had happened", async () => {
  await withSite({}, async (site) => {
    const jobs = Array.from({ length: 12 }, (_, i) => ({
      name: `job-${i}`,
      work: i < 4 ? site.gate("gate") : ":",
      exitStatus: i,
    }));
    await site.writeJobs(jobs);
    const scheduler = site.schedule();
    const before = await running(site, 4);
    const pid = executor(site);
    sendSignal(pid, "SIGSTOP");
    await site.open("gate");
    await waitFor(() => !before.some((job) => site.ledger.running().has(String(job))), "the jobs");
    await waitFor(
      () => [...site.ledger.read().values()].filter(({ ends }) => ends.length === 1).length === 4,
      "the jobs to end while nobody looks after them",
    );
    assertEquals(site.reported(), 0);
    sendSignal(pid, "SIGCONT");
    assertEquals((await scheduler.ended).code, 1);
    assertAccounted(jobs, site.ledger, site.readResults());
    assertEquals(site.readResults().filter(({ exitReason }) => exitReason === "LOST"), []);
  });
});
