import { assertEquals, assertMatch } from "@std/assert";
import { SELF_COMMAND } from "../kit/program.ts";
import { assertAccounted } from "../kit/ledger.ts";
import { countLines } from "../kit/results.ts";
import { withSite } from "../kit/site.ts";
import { waitFor } from "../kit/wait_for.ts";

Deno.test("a node where executors can't start loses no job, and the log says why once", async () => {
  await withSite({ agents: [{}, {}] }, async (site) => {
    // The node is known by the address of its agent.
    const command = `case "$MESOS_AGENT_ENDPOINT" in ${site.mesos.ip(0)}:*) ` +
      `echo started >> ${site.place.at("broken")}; ` +
      `echo "libatomic.so.1: cannot open shared object file" >&2; exit 3;; esac; ` +
      `exec ${SELF_COMMAND} executor`;
    const jobs = Array.from({ length: 40 }, (_, i) => ({
      name: `job-${i}`,
      // The other node is full until executors have ended here more than once.
      work: i < 8 ? site.gate("gate") : ":",
    }));
    await site.writeJobs(jobs);
    const scheduler = site.schedule(["--executor-command", command]);
    await waitFor(() => site.ledger.running().size === 4, "the other node to be full");
    await waitFor(
      () => countLines(site.place.at("broken")) >= 2,
      "executors to end where they can't start",
    );
    await site.open("gate");
    const { code, stderr } = await scheduler.ended;
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /40 jobs: 40 finished, 0 failed, 0 lost, 0 killed/);
    assertAccounted(jobs, site.ledger, site.readResults());
    assertEquals(new Set(site.readResults().map(({ node }) => node)), new Set([site.mesos.ip(1)]));
    const warnings = stderr.split("\n").filter((line) => / WARN .*Executor .* on node /.test(line));
    assertEquals(warnings.length, 1, stderr);
    assertMatch(
      warnings[0] ?? "",
      new RegExp(
        `Executor \\S+ on node ${site.mesos.ip(0)} exited with 3; the end of its standard error: ` +
          ".*libatomic\\.so\\.1: cannot open shared object file",
      ),
    );
  });
});
