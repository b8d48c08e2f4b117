import { assert, assertEquals, assertGreater } from "@std/assert";
import { MEBIBYTE } from "../../support/units.ts";
import { waitFor } from "../wait_for.ts";
import { TestBatchSystem } from "./kit.ts";
import { useMesos } from "./mesos.ts";

const mesos = useMesos();

Deno.test("getNodes() tells the nodes by address, and of each kind", async () => {
  const agents = await mesos.agents();
  await using batchSystem = await TestBatchSystem.start(mesos);
  await batchSystem.issue("true", { cores: 10_000 });
  await waitFor(() => batchSystem.getNodes().size === agents.length, "all nodes");
  const addresses = (preemptible: boolean) =>
    agents.filter((agent) => agent.preemptible === preemptible).map(({ address }) => address);
  assertEquals([...batchSystem.getNodes(true).keys()].sort(), addresses(true).sort());
  assertEquals([...batchSystem.getNodes(false).keys()].sort(), addresses(false).sort());
  for (const { address, cores, memoryBytes } of agents) {
    assertEquals(batchSystem.getNodes().get(address), {
      coresUsed: 0,
      memoryUsed: 0,
      coresTotal: cores,
      memoryTotal: memoryBytes,
      requestedCores: 0,
      requestedMemory: 0,
      workers: 0,
    });
  }
  assertEquals(batchSystem.getNodes(undefined, 0).size, 0);
});

Deno.test("a node tells how it does, and is in use as long as a job is there", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const jobID = await batchSystem.issue("sleep 1000", { cores: 0.5, memory: 64 * MEBIBYTE });
  await batchSystem.running(jobID);
  const launched = batchSystem.events.find(({ type }) => type === "JOB_LAUNCHED");
  const address = launched && "node" in launched ? launched.node : "";
  const agent = (await mesos.agents()).find((each) => each.address === address);
  assert(agent);
  // What the master offers does not say how much memory is in use: only the executor does.
  await waitFor(() => batchSystem.getNodes().get(address)?.memoryUsed, "the node's message");
  const node = batchSystem.getNodes().get(address);
  assertGreater(node?.memoryTotal, 0);
  assertEquals(
    [node?.requestedCores, node?.requestedMemory, node?.workers],
    [0.5, 64 * MEBIBYTE, 1],
  );
  assert(batchSystem.nodeInUse(address));
  assert(batchSystem.nodeInUse(agent.hostname));
  assert(!batchSystem.nodeInUse("192.0.2.1"));

  await batchSystem.killBatchJobs([jobID]);
  assert(!batchSystem.nodeInUse(address));
  assert(!batchSystem.nodeInUse(agent.hostname));
  assertEquals(batchSystem.getNodes().get(address)?.workers, 0);
});
