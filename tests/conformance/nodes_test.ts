import { assert, assertEquals, assertGreater } from "@std/assert";
import type { NodeInfo } from "../../scheduler/core/nodes.ts";
import { MEBIBYTE } from "../../support/units.ts";
import { waitFor } from "../kit/wait_for.ts";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { type Agent, useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

/** What is told of idle nodes, by address: agents of one address are one node. */
function idleNodes(agents: readonly Agent[]): Map<string, NodeInfo> {
  const sum = (of: readonly Agent[], amount: (agent: Agent) => number) =>
    of.reduce((total, agent) => total + amount(agent), 0);
  const nodes = [...Map.groupBy(agents, ({ address }) => address)].map(([address, ofNode]) =>
    [
      address,
      {
        coresUsed: 0,
        memoryUsed: 0,
        coresTotal: sum(ofNode, ({ cores }) => cores),
        memoryTotal: sum(ofNode, ({ memoryBytes }) => memoryBytes),
        requestedCores: 0,
        requestedMemory: 0,
        workers: 0,
      },
    ] as const
  );
  return new Map(nodes);
}

Deno.test("getNodes() tells the nodes by address, and of each kind", async () => {
  const agents = await mesos.agents();
  await using batchSystem = await TestBatchSystem.start(mesos);
  await batchSystem.issue("true", { cores: 10_000 });
  await batchSystem.met(agents);
  assertEquals(batchSystem.getNodes(), idleNodes(agents));
  for (const preemptible of [true, false]) {
    const some = agents.filter((agent) => agent.preemptible === preemptible);
    assertEquals(batchSystem.getNodes(preemptible), idleNodes(some));
  }
  assertEquals(batchSystem.getNodes(undefined, 0).size, 0);
});

Deno.test("a node tells how it does, and is in use as long as a job is there", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const jobID = await batchSystem.issue("sleep 1000", { cores: 0.5, memory: 64 * MEBIBYTE });
  await batchSystem.running(jobID);
  const launched = batchSystem.events.find(({ type }) => type === "JOB_LAUNCHED");
  const address = launched && "node" in launched ? launched.node : "";
  const hostnames = (await mesos.agents()).filter((agent) => agent.address === address)
    .map(({ hostname }) => hostname);
  // What the master offers does not say how much memory is in use: only the executor does.
  await waitFor(() => batchSystem.getNodes().get(address)?.memoryUsed, "the node's message");
  const node = batchSystem.getNodes().get(address);
  assertGreater(node?.memoryTotal, 0);
  assertEquals(
    [node?.requestedCores, node?.requestedMemory, node?.workers],
    [0.5, 64 * MEBIBYTE, 1],
  );
  assert(batchSystem.nodeInUse(address));
  assert(hostnames.some((hostname) => batchSystem.nodeInUse(hostname)));
  assert(!batchSystem.nodeInUse("192.0.2.1"));

  await batchSystem.killBatchJobs([jobID]);
  assert(!batchSystem.nodeInUse(address));
  assert(!hostnames.some((hostname) => batchSystem.nodeInUse(hostname)));
  assertEquals(batchSystem.getNodes().get(address)?.workers, 0);
});
