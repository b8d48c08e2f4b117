import { assert, assertEquals, assertMatch } from "@std/assert";
import { isAlive } from "../../process/process_table.ts";
import { sendSignal } from "../../process/signals.ts";
import { SILENCE_MS } from "../../scheduler/core/signs_of_life.ts";
import { SYSTEM_CLOCK } from "../../support/clock.ts";
import { warnings } from "../kit/log_lines.ts";
import { withSite } from "../kit/site.ts";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { waitFor } from "../kit/wait_for.ts";

const UNREACHABLE_TIMEOUT_MS = 10_000;

Deno.test("the jobs of an executor that stays stopped are LOST, or run again, and the log says so", async () => {
  await withSite({}, async (site) => {
    // The scheduler's clock is put forward: nobody waits for minutes.
    let aheadMs = 0;
    const lines = await warnings(async () => {
      await using batchSystem = await TestBatchSystem.start(site.mesos, {
        now: () => SYSTEM_CLOCK.now() + aheadMs,
        settings: { unreachableTimeoutMs: UNREACHABLE_TIMEOUT_MS },
      });
      const lost = await batchSystem.issue("sleep 1000");
      const tried = batchSystem.at("tried");
      const again = await batchSystem.issue(
        `[ ! -e ${tried} ] || exit 0; echo >${tried}; sleep 1000`,
        { retries: 1 },
      );
      await batchSystem.running(lost, again);
      await batchSystem.written("tried");
      const [executor] = site.mesos.executors(0);
      assert(executor !== undefined);
      const processes = batchSystem.processes();
      sendSignal(executor, "SIGSTOP");
      const told = (type: string) =>
        waitFor(() => batchSystem.events.some((event) => event.type === type), type);
      aheadMs += SILENCE_MS;
      await told("EXECUTOR_SILENT");
      assertEquals(batchSystem.getRunningBatchJobIDs().size, 2);
      aheadMs += UNREACHABLE_TIMEOUT_MS;
      const results = await batchSystem.nextResults(2);
      assertEquals(
        [lost, again].map((jobID) => results.get(jobID)).map((result) => [
          result?.exitReason,
          result?.exitStatus,
          result?.attempts,
        ]),
        [["LOST", 255, undefined], ["FINISHED", 0, 2]],
      );
      await waitFor(() => !processes.some(isAlive), "the stopped executor and its jobs to end");
    });
    const [silent = "", ...more] = lines.filter((line) => line.includes("does not answer"));
    assertMatch(silent, /^WARN .* on node 127\.0\.0\.1 does not answer: .* --unreachable-timeout/);
    assertEquals(more, []);
  });
});
