import { assert, assertEquals, assertRejects } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { waitFor } from "../tests/wait_for.ts";
import { TestExecutor } from "./agent/testing.ts";
import { startAgent, startCluster, startMaster } from "./cluster.ts";
import { ask, task, TestScheduler } from "./testing.ts";

const SMALL_AGENT = {
  resources: "cpus:2;mem:512;disk:100",
  executorShutdownGracePeriodMs: 50,
  switchUser: false,
};

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

Deno.test("startCluster() that fails ends what it has started", async () => {
  await assertRejects(
    () =>
      startCluster({ agents: 2, agent: (index) => ({ resources: index ? "cpus:?" : "cpus:1" }) }),
    RangeError,
    "cpus:?",
  );
});

Deno.test("an agent waits for a master that is not there yet, and for one that went away", async () => {
  await using directory = await TemporaryDirectory.create();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const master = new URL(`http://127.0.0.1:${port}`);
  const workDirectory = directory.at("master");
  const agent = startAgent({
    ...SMALL_AGENT,
    master,
    workDirectory: directory.at("agent"),
    registrationBackoffMs: 10,
  });
  const ids = async () => {
    const state = JSON.parse((await ask(new URL("/state", master))).body);
    return state.slaves.map(({ id }: { id: string }) => id);
  };
  const first = startMaster({ port, workDirectory });
  await agent.registered;
  assertEquals(await ids(), [agent.id]);
  await first.crash();
  const second = startMaster({ port, workDirectory });
  await waitFor(async () => (await ids()).length === 1, "the agent to register again");
  assertEquals(await ids(), [agent.id]);
  await agent.stop();
  await second.stop();
});

Deno.test("startCluster() that finds its port taken leaves no directory behind", async () => {
  await using directory = await TemporaryDirectory.create();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", directory.path);
  try {
    await assertRejects(
      () => startCluster({ master: { port: listener.addr.port } }),
      Deno.errors.AddrInUse,
    );
    assertEquals([...Deno.readDirSync(directory.path)], []);
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
  }
});

Deno.test("garbage on the ports of a cluster is refused, and changes nothing", async () => {
  const cluster = await startCluster({ agent: SMALL_AGENT });
  try {
    const [agent] = cluster.agents;
    const paths = [
      "/%zz",
      "/api/v1/scheduler",
      "/api/v1/executor",
      "/internal/agents",
      "/internal/agents/x",
      "/internal/ping",
      "/files/read?path=%zz&offset=x",
    ];
    const bodies = ["", "{", "{}", "[null]", '{"info":{},"type":"SUBSCRIBE"}', "\x00\xff"];
    for (const url of [cluster.master.url, agent?.url]) {
      for (const path of paths) {
        for (const body of bodies) {
          const headers = { "Content-Type": "application/json" };
          const { status } = await ask(new URL(path, url), { method: "POST", headers, body });
          assert(status >= 400 && status < 500, `${path} ${body}: ${status}`);
        }
      }
    }
    const { body } = await ask(new URL("/state", cluster.master.url));
    const { slaves, frameworks } = JSON.parse(body);
    assertEquals([slaves.map(({ active }: { active: boolean }) => active), frameworks], [
      [true],
      [],
    ]);
  } finally {
    await cluster.stop();
  }
});
