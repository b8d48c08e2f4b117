/**
 * GPUs, on clusters of which some agents have them.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ClusterHandle, startCluster } from "../../cluster/cluster.ts";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { waitFor } from "../kit/wait_for.ts";

const GPU_JOB = { accelerators: [{ kind: "gpu", count: 1 }] };

function clusterOf(...resources: string[]): Promise<ClusterHandle> {
  return startCluster({
    agents: resources.length,
    agent: (index) => ({ hostname: `node-${index + 1}`, resources: resources[index] ?? "" }),
  });
}

function mesosOf({ address, credential }: ClusterHandle) {
  return { endpoint: address, credential };
}

Deno.test("GPUs are claimed with the first job that asks for one; other jobs avoid their agents", async () => {
  const cluster = await clusterOf(
    "cpus:2;mem:2048;disk:10000;gpus:2",
    "cpus:2;mem:2048;disk:10000",
  );
  try {
    await using batchSystem = await TestBatchSystem.start(mesosOf(cluster));
    const { node: plain } = await batchSystem.run("true");
    // Mesos offers agents with GPUs only to frameworks that claim to know about them.
    const nodesSeen = () => batchSystem.events.filter(({ type }) => type === "NODE_SEEN").length;
    assertEquals(nodesSeen(), 1);

    const show = (name: string) => `printf %s "$CUDA_VISIBLE_DEVICES" >'${batchSystem.at(name)}'`;
    const { node: gpuNode } = await batchSystem.run(show("one"), GPU_JOB);
    assertEquals(nodesSeen(), 2);
    assert(gpuNode !== plain);
    assertEquals(await batchSystem.written("one"), "0");
    const two = { accelerators: [{ kind: "gpu", count: 2 }] };
    await batchSystem.run(show("two"), two);
    assertEquals(await batchSystem.written("two"), "0,1");

    for (let i = 0; i < 4; i++) assertEquals((await batchSystem.run("true")).node, plain);
    const long = await batchSystem.issue("sleep 1000", { cores: 1.9 });
    await batchSystem.running(long);
    const beside = await batchSystem.run("true", { cores: 1 });
    assertEquals(beside.node, gpuNode);
  } finally {
    await cluster.stop();
  }
});

Deno.test("agents that their GPUs hide are named where jobs wait", async () => {
  const cluster = await clusterOf(
    "cpus:4;mem:2048;disk:10000;gpus:1",
    "cpus:1;mem:2048;disk:10000",
  );
  try {
    await using batchSystem = await TestBatchSystem.start(mesosOf(cluster));
    await batchSystem.issue("true", { cores: 3 });
    const named = "Agents with GPUs are hidden (node-1): Mesos offers them only to frameworks";
    await waitFor(
      () => batchSystem.getSchedulingStatusMessage()?.includes(named),
      "the name of the agent",
    );
    const [shape] = batchSystem.inspection.waitingShapes(1);
    assertStringIncludes(shape?.reason ?? "", "the largest node offers 1 core. ");
    assertStringIncludes(shape?.reason ?? "", named);
    const gpuJob = await batchSystem.issue("true", GPU_JOB);
    const results = await batchSystem.nextResults(2);
    assertEquals(results.get(gpuJob)?.exitStatus, 0);
    assertEquals(batchSystem.getSchedulingStatusMessage(), undefined);
  } finally {
    await cluster.stop();
  }
});
