import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { configureRootLogger } from "../../support/log.ts";
import { waitFor } from "../kit/wait_for.ts";
import { runCode } from "../kit/run_code.ts";
import { ScriptedExecutor } from "../../cluster/agent/testing.ts";
import { authorization } from "../../mesos/http/credential.ts";
import { type AgentHandle, startAgent, startCluster, startMaster } from "../../cluster/cluster.ts";
import { ask, lastingExecutor, task, TestScheduler } from "../../cluster/testing.ts";

const SMALL_AGENT = {
  resources: "cpus:2;mem:512;disk:100",
  executorShutdownGracePeriodMs: 50,
  switchUser: false,
};

/** What the only executor of an agent proves itself by: the process has it in its environment. */
async function tokenOf(agent: AgentHandle, headers: Record<string, string>) {
  const url = new URL("/files/debug", agent.url);
  const sandbox = await waitFor(async () => {
    const paths: string[] = Object.values(JSON.parse((await ask(url, { headers })).body));
    return paths[0];
  }, "the sandbox");
  return await waitFor(async () => {
    const token = await Deno.readTextFile(`${sandbox}/token`).catch(() => "");
    return token.endsWith("\n") ? { Authorization: `Bearer ${token.trim()}` } : undefined;
  }, "the token");
}

Deno.test("startCluster() runs a task from offer to its acknowledged end", async () => {
  const cluster = await startCluster({ agents: 2, agent: SMALL_AGENT });
  try {
    const headers = authorization(cluster.credential);
    const scheduler = await TestScheduler.subscribe(cluster.master.url, { headers });
    const [offer] = await scheduler.offers();
    assert(offer);
    await scheduler.launch(offer, [task("one", offer, { executor: TELLING_EXECUTOR })]);
    const agent = cluster.agents.find(({ id }) => id === offer.agent_id.value);
    assert(agent);
    const { frameworkId } = scheduler;
    const executor = await ScriptedExecutor.subscribe({
      agent: agent.url,
      frameworkId,
      headers: await tokenOf(agent, headers),
    });
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

/** Writes its token down. */
const TELLING_EXECUTOR = lastingExecutor(
  'echo "$MESOS_EXECUTOR_AUTHENTICATION_TOKEN" >token; exec sleep 1000',
);

Deno.test("startCluster() lets nobody in who does not know its secret", async () => {
  const cluster = await startCluster({ agent: SMALL_AGENT });
  try {
    const [agent] = cluster.agents;
    assert(agent);
    const closed: [URL, string[]][] = [
      [cluster.master.url, ["/api/v1/scheduler", "/internal/agents", "/internal/agents/x"]],
      [cluster.master.url, ["/state", "/master/state.json"]],
      [agent.url, ["/api/v1/executor", "/slave(1)/api/v1/executor", "/internal/ping"]],
      [agent.url, ["/state", "/slave(1)/state", "/files/debug", "/files/read?path=/x"]],
    ];
    const wrong = [{}, authorization({ ...cluster.credential, secret: "guess" })];
    for (const [url, paths] of closed) {
      for (const path of paths) {
        for (const headers of wrong) {
          const answer = await ask(new URL(path, url), { method: "POST", headers, body: "{}" });
          assertEquals(answer.status, 401, path);
          assert(answer.headers.get("WWW-Authenticate"), path);
        }
      }
    }
  } finally {
    await cluster.stop();
  }
});

Deno.test("startCluster() makes another secret for each cluster", async () => {
  const clusters = await Promise.all([1, 2].map(() => startCluster({ agent: SMALL_AGENT })));
  const [first, second] = clusters.map(({ credential }) => credential.secret);
  assert(first !== second && first?.length === 64);
  await Promise.all(clusters.map((cluster) => cluster.stop()));
});

/** Sends a request with headers that fetch does not let anybody set. */
async function askRaw(url: URL, head: readonly string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  const text = ["GET /health HTTP/1.1", ...head, "Connection: close", "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(text));
  const answer = await new Response(connection.readable).text();
  return answer.split(" ")[1] ?? "";
}

Deno.test("requests that web pages have made are refused by master and agents", async () => {
  const cluster = await startCluster({ agent: SMALL_AGENT });
  try {
    for (const { url } of [cluster.master, ...cluster.agents]) {
      for (const name of [url.hostname, "localhost"]) {
        assertEquals(await askRaw(url, [`Host: ${name}:${url.port}`]), "200");
        const origin = `Origin: http://${name}:${url.port}`;
        assertEquals(await askRaw(url, [`Host: ${url.host}`, origin]), "200");
      }
      const garbage = `${url.host}.evil.example`;
      assertEquals(await askRaw(url, [`Host: ${garbage}`]), "400");
      for (const host of ["evil.example", `evil.example:${url.port}`, "127.0.0.1.evil.example"]) {
        assertEquals(await askRaw(url, [`Host: ${host}`]), "403", host);
        assertEquals(await askRaw(url, [`Host: ${url.host}`, `Origin: http://${host}`]), "403");
      }
      assertEquals(await askRaw(url, [`Host: ${url.host}`, "Origin: null"]), "403");
    }
  } finally {
    await cluster.stop();
  }
});

Deno.test("master and agents take messages to each other as JSON alone", async () => {
  const cluster = await startCluster({ agent: SMALL_AGENT });
  try {
    const headers = { ...authorization(cluster.credential), "Content-Type": "text/plain" };
    const [agent] = cluster.agents;
    const places: [string, URL | undefined][] = [
      ["/internal/agents", cluster.master.url],
      ["/internal/agents/x", cluster.master.url],
      ["/internal/ping", agent?.url],
    ];
    for (const [path, url] of places) {
      const { status } = await ask(new URL(path, url), { method: "POST", headers, body: "{}" });
      assertEquals(status, 415, path);
    }
  } finally {
    await cluster.stop();
  }
});

Deno.test("startCluster() that is aborted while its agents can't register says why, and ends", async () => {
  const abort = new AbortController();
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    abort.abort(new Error("enough"));
  };
  configureRootLogger({ level: "WARN", format: "text", write });
  try {
    await assertRejects(
      () =>
        startCluster({
          // Nobody has this name.
          master: { hostname: "master.invalid" },
          agent: { ...SMALL_AGENT, registrationBackoffMs: 1 },
          signal: abort.signal,
        }),
      Error,
      "enough",
    );
  } finally {
    configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  }
  assertEquals(lines.length, 1);
  assertMatch(
    lines[0] ?? "",
    /Cannot register an agent with the master at http:\/\/master\.invalid:\d+: .+\. Check that /,
  );
});

Deno.test("a temporary cluster writes nothing down for a later one", async () => {
  await using directory = await TemporaryDirectory.create();
  const cluster = await startCluster({
    agent: SMALL_AGENT,
    workDirectory: directory.path,
    isTemporary: true,
  });
  const headers = authorization(cluster.credential);
  const scheduler = await TestScheduler.subscribe(cluster.master.url, { headers });
  const [offer] = await scheduler.offers();
  assert(offer);
  await scheduler.launch(offer, [task("one", offer, { executor: TELLING_EXECUTOR })]);
  await tokenOf(cluster.agents[0] as AgentHandle, headers);
  assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), ["agent-0"]);
  const kept = [...Deno.readDirSync(directory.at("agent-0"))].map(({ name }) => name).sort();
  assertEquals(kept, ["containers", "slaves"]);
  await cluster.stop();
  await scheduler.close();
});

Deno.test("startCluster() that is aborted before its agents are registered ends them", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => startCluster({ agent: SMALL_AGENT, signal }), Error, "enough");
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
  const output = await runCode(
    `import { startCluster } from "${import.meta.resolve("../../cluster/cluster.ts")}";
    const start = startCluster({ master: { port: ${listener.addr.port} } });
    console.log(await start.then(() => "started", ({ name }) => name));`,
    { env: { TMPDIR: directory.path } },
  );
  assertEquals(output, "AddrInUse\n");
  assertEquals([...Deno.readDirSync(directory.path)], []);
});

Deno.test("garbage on the ports of a cluster is refused, and changes nothing", async () => {
  const cluster = await startCluster({ agent: SMALL_AGENT });
  try {
    const [agent] = cluster.agents;
    const credential = authorization(cluster.credential);
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
          const headers = { ...credential, "Content-Type": "application/json" };
          const { status } = await ask(new URL(path, url), { method: "POST", headers, body });
          assert(status >= 400 && status < 500, `${path} ${body}: ${status}`);
        }
      }
    }
    const { body } = await ask(new URL("/state", cluster.master.url), { headers: credential });
    const { slaves, frameworks } = JSON.parse(body);
    assertEquals([slaves.map(({ active }: { active: boolean }) => active), frameworks], [
      [true],
      [],
    ]);
  } finally {
    await cluster.stop();
  }
});
