import { assert, assertEquals } from "@std/assert";
import { startCluster } from "./cluster.ts";
import { task, TestScheduler } from "./testing.ts";
import { TestExecutor } from "./agent/testing.ts";

const SMALL_AGENT = { resources: "cpus:2;mem:512;disk:100", executorShutdownGracePeriodMs: 50 };

Deno.test("startCluster() runs a task from offer to its acknowledged end", async () => {
  const cluster = await startCluster({ agents: 2, agent: SMALL_AGENT });
  try {
    const scheduler = await TestScheduler.subscribe(cluster.master.url);
    const [offer] = await scheduler.offers();
    assert(offer);
    await scheduler.launch(offer, [task("one", offer)]);
    const agent = cluster.agents.find(({ id }) => id === offer.agent_id.value);
    assert(agent);
    const { frameworkId } = scheduler;
    const executor = await TestExecutor.subscribe({ agent: agent.url, frameworkId });
    const { launch } = await executor.event("LAUNCH");
    assertEquals(launch?.task.task_id.value, "one");
    await executor.tell("one", "TASK_RUNNING");
    await scheduler.acknowledged("one", "TASK_RUNNING");
    await executor.tell("one", "TASK_FINISHED");
    await scheduler.acknowledged("one", "TASK_FINISHED");
    await scheduler.teardown();
    await executor.event("SHUTDOWN");
    await executor.close();
  } finally {
    await cluster.stop();
  }
});
