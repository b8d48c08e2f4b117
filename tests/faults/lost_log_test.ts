import { assertEquals, assertMatch } from "@std/assert";
import { isAlive } from "../../process/process_table.ts";
import { DATABASE_NAME } from "../../scheduler/store/sqlite_store.ts";
import { assertAccounted } from "../kit/ledger.ts";
import { type Site, withSite } from "../kit/site.ts";
import { waitFor } from "../kit/wait_for.ts";

/** The log of a database, where the last commits are. */
function logOf(site: Site): string {
  return `${site.state}/${DATABASE_NAME}-wal`;
}

for (
  const [harm, act] of [
    ["is removed", (log: string) => Deno.remove(log)],
    ["is cut in half", async (log: string) => Deno.truncate(log, (await Deno.stat(log)).size / 2)],
  ] as const
) {
  Deno.test(`a state whose log ${harm} is refused, and, where that is wanted, runs no job twice`, async () => {
    await withSite({}, async (site) => {
      const gated = (gate: string, count: number) =>
        Array.from({ length: count }, (_, i) => ({ name: `${gate}-${i}`, work: site.gate(gate) }));
      const jobs = [{ name: "short" }, ...gated("gate", 4), ...gated("waiting", 3)];
      await site.writeJobs(jobs);
      const first = site.schedule();
      await waitFor(
        () => site.reported() === 1 && site.ledger.running().size === 4,
        "one job to be reported and four to run",
      );
      first.kill("SIGKILL");
      await first.ended;
      const before = site.ledger.running();
      await act(logOf(site));

      const refused = await site.schedule().ended;
      assertEquals([refused.code, refused.stdout], [2, ""]);
      assertMatch(
        refused.stderr,
        /^toil-mesos: Cannot use .*scheduler\.sqlite: it has lost its last \d+ commits: jobs that ran since would run again\. Put the files of the state back as they were, or, .* give --restored-state/,
      );
      assertEquals([site.reported(), site.ledger.running()], [1, before]);

      const second = site.schedule(["--restored-state"]);
      await site.open("waiting");
      await waitFor(() => second.stderr.includes("The state is older than"), "the warning");
      for (const pid of before.values()) assertEquals(isAlive(pid), true);
      await site.open("gate");
      const { code, stderr } = await second.ended;
      assertEquals(code, 0, stderr);
      assertAccounted(jobs, site.ledger, site.readResults());
    });
  });
}
