import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { JSON_TYPE, PROTOBUF } from "../../mesos/wire/codec.ts";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { configureRootLogger } from "../../support/log.ts";
import { waitFor } from "../kit/wait_for.ts";
import { type Answer, ask, idleExecutor, randomUuid, task } from "../../cluster/testing.ts";
import { issueToken } from "../../cluster/agent/executor_tokens.ts";
import type { AgentHandle } from "../../cluster/agent/agent_options.ts";
import {
  launchExecutor,
  readSandbox,
  ScriptedExecutor,
  withCluster,
} from "../../cluster/agent/testing.ts";

const AS_JSON = { "Content-Type": JSON_TYPE };

/** Sends anything at all to the executor API. */
function post(agent: AgentHandle, body: unknown, headers: Record<string, string> = AS_JSON) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return ask(new URL("/api/v1/executor", agent.url), { method: "POST", headers, body: text });
}

function callOf(frameworkId: string, executorId = "toil-1") {
  return { framework_id: { value: frameworkId }, executor_id: { value: executorId } };
}

function updateOf(frameworkId: string, change: object = {}) {
  const status = {
    task_id: { value: "1" },
    state: "TASK_RUNNING",
    source: "SOURCE_EXECUTOR",
    uuid: randomUuid().toBase64(),
    ...change,
  };
  return { ...callOf(frameworkId), type: "UPDATE", update: { status } };
}

function assertAnswer({ status, body }: Answer, expected: number, text: string): void {
  assertEquals(status, expected, body);
  assertStringIncludes(body, text);
}

Deno.test("the executor API refuses what is no call, and who is nobody", async () => {
  await withCluster({}, async ({ agent }) => {
    const media = `Expecting 'Content-Type' of ${JSON_TYPE} or ${PROTOBUF}`;
    const conversion = "Failed to convert JSON into Call protobuf: ";
    const subscribe = { ...callOf("F"), type: "SUBSCRIBE", subscribe: {} };
    assertAnswer(await post(agent, "", { "Content-Type": "text/plain" }), 415, media);
    assertAnswer(
      await post(agent, "x", { "Content-Type": PROTOBUF }),
      400,
      "Failed to parse body into Call protobuf",
    );
    assertAnswer(await post(agent, "{"), 400, "Failed to parse body into JSON: ");
    assertAnswer(await post(agent, {}), 400, conversion);
    assertAnswer(
      await post(agent, updateOf("F", { state: undefined })),
      400,
      `${conversion}Missing required fields: status.state`,
    );
    assertAnswer(
      await post(agent, callOf("F")),
      400,
      "Failed to validate Executor::Call: Expecting 'type' to be present",
    );
    assertAnswer(
      await post(agent, subscribe, { ...AS_JSON, Accept: "text/plain" }),
      406,
      `Expecting 'Accept' to allow '${PROTOBUF}' or '${JSON_TYPE}'`,
    );
    assertAnswer(await post(agent, subscribe), 400, "Framework cannot be found");
    assertAnswer(await post(agent, { ...callOf("F"), type: "HEARTBEAT" }), 202, "");
    const wrongMethod = await ask(new URL("/api/v1/executor", agent.url));
    assertAnswer(wrongMethod, 405, "Expecting one of { 'POST' }, but received 'GET'.");
    assertEquals(wrongMethod.headers.get("Allow"), "POST");
  });
});

Deno.test("an executor is known from its launch on, and heard once it has subscribed", async () => {
  await withCluster({}, async ({ agent, scheduler, offer }) => {
    const { frameworkId } = scheduler;
    await scheduler.launch(offer, [task("1", offer)]);
    const refusal = await waitFor(async () => {
      const answer = await post(agent, updateOf(frameworkId));
      return answer.body === "Framework cannot be found" ? undefined : answer;
    }, "the launch");
    assertAnswer(refusal, 403, "Executor is not subscribed");
    const executor = await ScriptedExecutor.subscribe({ agent: agent.url, frameworkId });
    assertAnswer(
      await post(agent, { ...callOf(frameworkId, "other"), type: "HEARTBEAT" }),
      202,
      "",
    );
    assertAnswer(
      await post(agent, { ...updateOf(frameworkId), ...callOf(frameworkId, "other") }),
      400,
      "Executor cannot be found",
    );
    assertAnswer(
      await post(agent, updateOf(frameworkId, { source: "SOURCE_MASTER" })),
      400,
      "Failed to validate Executor::Call: Invalid source, expecting 'SOURCE_EXECUTOR'",
    );
    assertAnswer(await post(agent, updateOf(frameworkId)), 202, "");
    await scheduler.acknowledged("1", "TASK_RUNNING");
    await executor.close();
  });
});

Deno.test("messages go both ways, as they are", async () => {
  await withCluster({}, async (test) => {
    const executor = await launchExecutor(test);
    const { scheduler, agent } = test;
    const data = Uint8Array.of(0, 255, 10);
    await scheduler.call({
      type: "MESSAGE",
      message: { agent_id: { value: agent.id }, executor_id: { value: "toil-1" }, data },
    });
    assertEquals((await executor.event("MESSAGE")).message?.data, data);
    await executor.send({ type: "MESSAGE", message: { data } });
    assertEquals((await scheduler.event("MESSAGE")).message, {
      agent_id: { value: agent.id },
      executor_id: { value: "toil-1" },
      data,
    });
    await executor.close();
  });
});

Deno.test("KILL and SHUTDOWN of the scheduler reach the executor", async () => {
  await withCluster({}, async (test) => {
    const { scheduler, agent } = test;
    const executor = await launchExecutor(test);
    const agent_id = { value: agent.id };
    await scheduler.call({ type: "KILL", kill: { task_id: { value: "1" }, agent_id } });
    assertEquals((await executor.event("KILL")).kill?.task_id.value, "1");
    await scheduler.call({
      type: "SHUTDOWN",
      shutdown: { agent_id, executor_id: { value: "toil-1" } },
    });
    await executor.event("SHUTDOWN");
    // It stays, and is killed for it.
    const { failure } = await scheduler.event("FAILURE");
    assertEquals([failure?.executor_id?.value, failure?.status], ["toil-1", 9]);
    await executor.finished();
  });
});

Deno.test("with a secret, executors must show the token of their run", async () => {
  const secret = "secret";
  await withCluster({ agent: { executorSecret: secret } }, async (test) => {
    const { agent, scheduler, offer } = test;
    const { frameworkId } = scheduler;
    const command = "printenv MESOS_EXECUTOR_AUTHENTICATION_TOKEN > token; exec sleep 1000";
    const executor = idleExecutor("toil-1", command);
    await scheduler.launch(offer, [task("1", offer, { executor })]);
    const token = (await readSandbox(test, "token")).trim();
    const bearing = (token: string) => ({ ...AS_JSON, Authorization: `Bearer ${token}` });
    const challenged = await post(agent, updateOf(frameworkId));
    assertEquals([challenged.status, challenged.headers.get("WWW-Authenticate")], [
      401,
      `Bearer realm="mesos-agent-executor"`,
    ]);
    const { cid: containerId } = JSON.parse(atob(token.split(".")[1] ?? ""));
    for (const change of [{ frameworkId: "F" }, { executorId: "E" }, { containerId: "C" }]) {
      const run = { frameworkId, executorId: "toil-1", containerId, ...change };
      const answer = await post(agent, updateOf(frameworkId), bearing(issueToken(run, secret)));
      assertAnswer(answer, 403, "The token is that of another executor");
    }
    const { Authorization } = bearing(token);
    const speaker = await ScriptedExecutor.subscribe({
      agent: agent.url,
      frameworkId,
      headers: { Authorization },
    });
    await speaker.event("SUBSCRIBED");
    await speaker.close();
  });
});

Deno.test("the executor API is on a Unix socket too, also after an earlier one", async () => {
  await using directory = await TemporaryDirectory.create();
  const domainSocket = directory.at("sockets", "agent.sock");
  for (let round = 0; round < 2; round++) {
    await withCluster({ agent: { domainSocket } }, async (test) => {
      const { scheduler, offer } = test;
      const command = "printenv MESOS_DOMAIN_SOCKET > socket; exec sleep 1000";
      await scheduler.launch(offer, [
        task("1", offer, { executor: idleExecutor("toil-1", command) }),
      ]);
      assertEquals(await readSandbox(test, "socket"), `${domainSocket}\n`);
      using client = Deno.createHttpClient({ proxy: { transport: "unix", path: domainSocket } });
      const body = JSON.stringify(updateOf(scheduler.frameworkId));
      const post = { method: "POST", headers: AS_JSON, body, client };
      const url = "http://localhost/slave(1)/api/v1/executor";
      assertAnswer(await ask(url, post), 403, "Executor is not subscribed");
      const refused = "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'PUT'.";
      assertAnswer(await ask(url, { ...post, method: "PUT" }), 405, refused);
      for (const path of ["/api/v1/executor", "/slave(1)/state", "/", "/%"]) {
        assertAnswer(await ask(`http://localhost${path}`, post), 403, "");
      }
    });
  }
});

Deno.test("/state shows executors, their sandboxes and their tasks", async () => {
  await withCluster({ agent: { attributes: "rack:r1" } }, async (test) => {
    const { agent, scheduler, offer } = test;
    const executor = await launchExecutor(test);
    await scheduler.call({ type: "REVIVE" });
    const state = JSON.parse((await ask(new URL("/slave(1)/state", agent.url))).body);
    assertEquals([state.id, state.hostname, state.attributes, state.resources.cpus], [
      offer.agent_id.value,
      "127.0.0.1",
      { rack: "r1" },
      2,
    ]);
    const [framework] = state.frameworks;
    const [run] = framework.executors;
    assertEquals([framework.id, run.id, run.tasks[0].id], [scheduler.frameworkId, "toil-1", "1"]);
    // The executor subscribes by itself; the sandbox may still be in the making.
    const output = `${run.directory}/stdout`;
    await waitFor(() => Deno.stat(output).catch(() => undefined), "the sandbox");
    assertEquals(await Deno.realPath(`${run.directory}/../latest`), run.directory);
    for (const path of [run.directory, `${run.directory.replace(run.container, "latest")}`]) {
      const url = new URL("/files/read", agent.url);
      url.searchParams.set("path", `${path}/stdout`);
      assertEquals(JSON.parse((await ask(url)).body), { offset: 0, data: "" });
    }
    await executor.close();
  });
});

Deno.test("an agent tells that it is well, and of what version", async () => {
  await withCluster({}, async ({ agent }) => {
    assertEquals((await ask(new URL("/health", agent.url))).status, 200);
    assertEquals(JSON.parse((await ask(new URL("/version", agent.url))).body).version, "1.12.0");
    assertAnswer(await ask(new URL("/nowhere", agent.url)), 404, "404 Not Found.");
  });
});

/** Runs a test, and gives what is warned of meanwhile. */
async function warnings(test: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  configureRootLogger({ level: "WARN", format: "text", write: (line) => lines.push(line) });
  try {
    await test();
  } finally {
    configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  }
  return lines;
}

Deno.test("an agent whose disk is full goes on without checkpoints, and says so once", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.mkdir(directory.at("agent-0", "meta"), { recursive: true });
  // What is written there finds no space left.
  await Deno.symlink("/dev/full", directory.at("agent-0", "meta", "checkpoints.new"));
  await Deno.mkdir(directory.at("master"));
  await Deno.symlink("/dev/full", directory.at("master", "registry.json.new"));
  const lines = await warnings(() =>
    withCluster({ workDirectory: directory.path }, async (test) => {
      const executor = await launchExecutor(test);
      await executor.event("LAUNCH");
      await executor.close();
    })
  );
  assertEquals(lines.length, 2, lines.join("\n"));
  assertMatch(lines[0] ?? "", /Cannot write the registry in \S+master: .+\. Free some disk space/);
  assertMatch(
    lines[1] ?? "",
    /Cannot write checkpoints in \S+agent-0: No space left .+ Free some /,
  );
});

Deno.test("an agent that can make no sandbox fails the task, says so once, and goes on", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.mkdir(directory.at("agent-0"));
  await Deno.writeTextFile(directory.at("agent-0", "slaves"), "no directory");
  const lines = await warnings(() =>
    withCluster({
      workDirectory: directory.path,
      agent: { keepsCheckpoints: false },
    }, async ({ scheduler, offer }) => {
      await scheduler.launch(offer, [task("1", offer)]);
      const { message } = await scheduler.acknowledged("1", "TASK_FAILED");
      assertMatch(message ?? "", /^Failed to launch container: Cannot create sandboxes in /);
      const [again] = await scheduler.offers();
      if (again) await scheduler.launch(again, [task("2", again)]);
      await scheduler.acknowledged("2", "TASK_FAILED");
    })
  );
  assertEquals(lines.length, 1, lines.join("\n"));
  assertMatch(
    lines[0] ?? "",
    /Cannot create sandboxes in \S+agent-0: .+\. Free some disk space, or /,
  );
});

Deno.test("an agent runs nothing as another user", async () => {
  const user = Deno.uid() === 0 ? "nobody" : "root";
  const agent = { switchUser: true };
  await withCluster({ agent, scheduler: { framework: { user } } }, async ({ scheduler, offer }) => {
    await scheduler.launch(offer, [task("1", offer)]);
    const { message } = await scheduler.update("1", "TASK_DROPPED");
    assertStringIncludes(message ?? "", "runs executors as the user who started it");
  });
});
