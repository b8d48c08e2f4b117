import { assertEquals, assertLessOrEqual } from "@std/assert";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";
import { processesWith } from "../kit/processes.ts";

const mesos = useMesos();

Deno.test("local jobs run beside the scheduler, out of one id space with the others", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos, {
    localEnvironment: { OF_LOCAL: "local" },
  });
  const jobIDs = [
    await batchSystem.issue("exit 3", { local: true }),
    await batchSystem.issue("exit 4"),
    await batchSystem.issue('[ "$OF_LOCAL" = local ] && exit $TOIL_MESOS_JOB_ID', { local: true }),
  ];
  assertEquals(jobIDs, [1, 2, 3]);
  const results = await batchSystem.nextResults(3);
  assertEquals(jobIDs.map((jobID) => results.get(jobID)?.exitStatus), [3, 4, 3]);
  assertEquals([1, 3].map((jobID) => results.get(jobID)?.node), ["leader", "leader"]);
});

Deno.test("as many local jobs run at a time as may", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos, { settings: { maxLocalJobs: 3 } });
  const { directory } = batchSystem;
  // None of them ends before three have begun.
  const command = `echo + >>${directory}/log
    until [ "$(grep -c + ${directory}/log)" -ge 3 ]; do sleep 0.01; done
    echo - >>${directory}/log`;
  for (let job = 0; job < 9; job++) await batchSystem.issue(command, { local: true });
  await batchSystem.nextResults(9);
  let running = 0;
  for (const line of (await batchSystem.written("log")).trim().split("\n")) {
    running += line === "+" ? 1 : -1;
    assertLessOrEqual(running, 3);
  }
  assertEquals(running, 0);
});

Deno.test("local jobs can be killed, and end with the batch system", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const mark = crypto.randomUUID();
  batchSystem.setEnv("CONFORMANCE_MARK", mark);
  const killed = await batchSystem.issue("setsid sleep 1000 & sleep 1000", { local: true });
  const left = await batchSystem.issue("setsid sleep 1000 & sleep 1000", { local: true });
  await batchSystem.running(killed, left);
  assertEquals(await batchSystem.killBatchJobs([killed]), { unconfirmed: [] });
  assertEquals(processesWith({ CONFORMANCE_MARK: mark, TOIL_MESOS_JOB_ID: `${killed}` }), []);
  assertEquals((await batchSystem.run("exit 6", { local: true })).exitStatus, 6);
  await batchSystem.shutdown();
  assertEquals(processesWith({ CONFORMANCE_MARK: mark }), []);
});
