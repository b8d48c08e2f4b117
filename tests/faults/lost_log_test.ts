import { assertEquals, assertMatch } from "@std/assert";
import { ControlClient } from "../../control/client.ts";
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

Deno.test("a run whose log is removed adopts the jobs of its file, and gives up those of clients", async () => {
  await withSite({}, async (site) => {
    const path = site.place.at("s");
    await using client = new ControlClient({ address: { path } });
    const ofFile = { name: "of-the-file", work: site.gate("file") };
    await site.writeJobs([ofFile]);
    const options = ["--listen", `unix:${path}`];
    const first = site.schedule(options);
    await waitFor(() => site.ledger.running().size === 1, "the job of the file to run");
    const ofClient = site.ledger.job({ name: "of-a-client", work: site.gate("never") });
    assertEquals(await client.issueJobs([ofClient]), [2]);
    await waitFor(() => site.ledger.running().size === 2, "the job of the client to run");
    const running = site.ledger.running();
    first.kill("SIGKILL");
    await first.ended;
    await Deno.remove(logOf(site));

    const second = site.schedule([...options, "--restored-state"]);
    await waitFor(
      () => / WARN .*does not know job 2, .*issue it again/.test(second.stderr),
      "the warning",
    );
    const [ofFilePid = 0, ofClientPid = 0] = running.values();
    await waitFor(() => !isAlive(ofClientPid), "the job of the client to end");
    assertEquals(isAlive(ofFilePid), true);
    await site.open("file");
    const { code, stderr } = await second.ended;
    assertEquals(code, 0, stderr);
    assertEquals(site.readResults().map(({ jobID, name }) => [jobID, name]), [[1, "of-the-file"]]);
  });
});

Deno.test("a service whose log is removed gives up the jobs that it has forgotten, and says so", async () => {
  await withSite({}, async (site) => {
    const path = site.place.at("s");
    const start = (...more: string[]) =>
      site.place.start([
        ...["scheduler", "--endpoint", site.mesos.endpoint, "--listen", `unix:${path}`],
        ...["--state", site.state, "--results", site.results, ...more],
      ]);
    await using client = new ControlClient({ address: { path } });
    const issue = async (name: string, work: string) => {
      const [jobID] = await client.issueJobs([site.ledger.job({ name, work })]);
      return jobID;
    };
    const first = start();
    await first.registered();
    assertEquals(await issue("reported", ":"), 1);
    assertEquals(await issue("forgotten", site.gate("never")), 2);
    await waitFor(
      () => site.reported() === 1 && site.ledger.running().size === 1,
      "one job to be reported and one to run",
    );
    first.kill("SIGKILL");
    await first.ended;
    await Deno.remove(logOf(site));

    const second = start("--restored-state");
    await second.registered();
    await waitFor(
      () => / WARN .*does not know job 2, .*issue it again/.test(second.stderr),
      "the warning",
    );
    const [pid = 0] = site.ledger.running().values();
    await waitFor(() => !isAlive(pid), "the forgotten job to end");
    assertEquals(await issue("next", ":"), 3);
    assertEquals((await client.waitForJob(3)).exitReason, "FINISHED");
    second.kill("SIGINT");
    await second.ended;
    assertEquals(site.readResults().map(({ jobID, name }) => [jobID, name]), [
      [1, "reported"],
      [3, "next"],
    ]);
  });
});
