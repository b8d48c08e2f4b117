import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import type { FrameworkInfo } from "../../mesos/wire/messages.ts";
import { isAlive } from "../../process/process_table.ts";
import { sendSignal } from "../../process/signals.ts";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { waitFor } from "../kit/wait_for.ts";
import { ask, lastingExecutor, randomUuid, task } from "../../cluster/testing.ts";
import type { AgentHandle, AgentOptions } from "../../cluster/agent/agent_options.ts";
import { startAgent } from "../../cluster/agent/agent_server.ts";
import {
  readSandbox,
  ScriptedExecutor,
  SMALL_AGENT,
  type TestCluster,
  withCluster,
} from "../../cluster/agent/testing.ts";

const WAITING = "echo $$ > pid.new; mv pid.new pid; exec sleep 1000";

interface Restart extends TestCluster {
  /** The process of the executor. */
  pid: number;
  /** Who speaks for it. */
  executor: ScriptedExecutor;
  /** Starts the agent again. */
  again(change?: Partial<AgentOptions>): AgentHandle;
}

/** Runs a task, drops the agent, and goes on with the test. */
async function withCrash(
  framework: Partial<FrameworkInfo>,
  test: (restart: Restart) => Promise<void>,
): Promise<void> {
  await using directory = await TemporaryDirectory.create();
  const { path: workDirectory } = directory;
  const started: AgentHandle[] = [];
  await withCluster({ workDirectory, scheduler: { framework } }, async (cluster) => {
    const { agent, scheduler, offer } = cluster;
    const { frameworkId } = scheduler;
    const info = lastingExecutor(WAITING);
    await scheduler.launch(offer, [task("1", offer, { executor: info })]);
    const executor = await ScriptedExecutor.subscribe({ agent: agent.url, frameworkId });
    await executor.event("LAUNCH");
    await executor.tell("1", "TASK_RUNNING");
    await scheduler.acknowledged("1", "TASK_RUNNING");
    const pid = Number(await readSandbox(cluster, "pid"));
    await agent.crash();
    await executor.finished();
    const again = (change = {}) => {
      const next = startAgent({
        ...SMALL_AGENT,
        port: Number(agent.url.port),
        master: cluster.cluster.master.url,
        workDirectory: join(workDirectory, "agent-0"),
        ...change,
      });
      started.push(next);
      return next;
    };
    try {
      await test({ ...cluster, pid, executor, again });
    } finally {
      await Promise.all(started.map((each) => each.stop()));
      sendSignal(pid, "SIGKILL");
    }
  });
}

Deno.test("executors live on when their agent crashes, and it takes them over", async () => {
  await withCrash({ checkpoint: true }, async ({ agent, scheduler, pid, again }) => {
    assert(isAlive(pid));
    const next = again();
    const { frameworkId } = scheduler;
    const stranger = new ScriptedExecutor({ agent: next.url, frameworkId });
    const uuid = randomUuid();
    const status = { task_id: { value: "1" }, state: "TASK_RUNNING", uuid } as const;
    const early = await stranger.send({
      type: "UPDATE",
      update: { status: { ...status, source: "SOURCE_EXECUTOR" } },
    });
    assertEquals([early.status, early.body], [503, "Agent has not finished recovery"]);
    const executor = await ScriptedExecutor.subscribe({ agent: next.url, frameworkId });
    const { subscribed } = await executor.event("SUBSCRIBED");
    assertEquals(subscribed?.agent_info.id?.value, agent.id);
    await next.registered;
    assertEquals(next.id, agent.id);
    await executor.tell("1", "TASK_FINISHED");
    await scheduler.acknowledged("1", "TASK_FINISHED");
    assert(isAlive(pid));
    await next.stop();
    assert(!isAlive(pid));
  });
});

Deno.test("an executor without tasks is kept when its agent is back, for it has had some", async () => {
  await withCrash({ checkpoint: true }, async ({ scheduler, pid, again }) => {
    const { frameworkId } = scheduler;
    const second = again();
    const executor = await ScriptedExecutor.subscribe({ agent: second.url, frameworkId });
    await second.registered;
    await executor.tell("1", "TASK_FINISHED");
    await scheduler.acknowledged("1", "TASK_FINISHED");
    const state = async () => JSON.parse((await ask(new URL("/state", second.url))).body);
    await waitFor(
      async () => (await state()).frameworks[0].executors[0].tasks.length === 0,
      "the acknowledgement",
    );
    await second.crash();
    await executor.finished();
    const third = again();
    const back = await ScriptedExecutor.subscribe({ agent: third.url, frameworkId });
    await back.event("SUBSCRIBED");
    await third.registered;
    assert(isAlive(pid));
    assert(!back.events.some(({ type }) => type === "SHUTDOWN"));
  });
});

Deno.test("an executor that does not come back is killed, its task is gone", async () => {
  await withCrash({ checkpoint: true }, async ({ scheduler, pid, again }) => {
    again({ executorReregistrationTimeoutMs: 30 });
    const update = await scheduler.acknowledged("1", "TASK_GONE");
    assertEquals([update.reason, update.message], [
      "REASON_EXECUTOR_REREGISTRATION_TIMEOUT",
      "Executor did not reregister within 30ms",
    ]);
    await waitFor(() => !isAlive(pid), "the end of the process");
  });
});

Deno.test("an executor that ended while its agent was away is told of", async () => {
  await withCrash({ checkpoint: true }, async ({ scheduler, pid, again }) => {
    sendSignal(pid, "SIGKILL");
    await waitFor(() => !isAlive(pid), "the end of the process");
    again({ executorReregistrationTimeoutMs: 30 });
    const update = await scheduler.acknowledged("1", "TASK_FAILED");
    assertEquals([update.reason, update.message], [
      "REASON_EXECUTOR_TERMINATED",
      "Executor terminated",
    ]);
    // There was no master to tell of the executor itself.
    assert(!scheduler.events.some(({ type }) => type === "FAILURE"));
  });
});

Deno.test("an agent that may listen anywhere goes back to where its executors look for it", async () => {
  await withCrash({ checkpoint: true }, async ({ agent, scheduler, again }) => {
    const next = again({ port: 0 });
    assertEquals(next.url.port, agent.url.port);
    await ScriptedExecutor.subscribe({ agent: agent.url, frameworkId: scheduler.frameworkId });
    await next.registered;
  });
});

Deno.test("an agent that has become another one does not start, and leaves no port open", async () => {
  await withCrash({ checkpoint: true }, async ({ again }) => {
    for (const change of [{ resources: "cpus:3" }, { attributes: "rack:r2" }, { hostname: "h" }]) {
      assertThrows(() => again(change), Error, "Cannot recover the agent in ");
    }
    await again({ executorReregistrationTimeoutMs: 30 }).registered;
  });
});
