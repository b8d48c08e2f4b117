import { assertEquals, assertGreater } from "@std/assert";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

/** Command → how it ends. */
const ENDS: Record<string, number> = {
  "exit 0": 0,
  "exit 3": 3,
  "exit 33": 33,
  "exit 76": 76,
  "exit 255": 255,
  "/no/such/command": 127,
  "kill -KILL $$": -9,
  "kill -TERM $$": -15,
  "kill -SEGV $$": -11,
  // The shell outlives its command, and says so in its own way.
  "sh -c 'kill -KILL $$'; exit $?": 137,
};

Deno.test("jobs end with the status of their command, or minus their signal", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const jobIDs: number[] = [];
  for (const command of Object.keys(ENDS)) jobIDs.push(await batchSystem.issue(command));
  const results = await batchSystem.nextResults(jobIDs.length);
  Object.entries(ENDS).forEach(([command, exitStatus], index) => {
    const result = results.get(jobIDs[index] as number);
    const exitReason = exitStatus === 0 ? "FINISHED" : "FAILED";
    assertEquals([command, result?.exitStatus, result?.exitReason], [
      command,
      exitStatus,
      exitReason,
    ]);
    assertGreater(result?.wallTimeSeconds, 0);
  });
});

Deno.test("a failed job brings the end of its standard error", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const failed = await batchSystem.run("echo beginning >&2; echo 'no such gene: ÄÖ' >&2; exit 4");
  assertEquals(failed.message, "beginning\nno such gene: ÄÖ");
});
