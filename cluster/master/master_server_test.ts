import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { MasterAgents } from "../../mesos/master_agents.ts";
import { JSON_TYPE, PROTOBUF } from "../../mesos/wire/codec.ts";
import {
  type Answer,
  ask,
  CAPTURE_FRAMEWORK,
  scalar,
  startOpenCluster,
  task,
  TestScheduler,
} from "../testing.ts";
import { type MasterHandle, type MasterOptions, startMaster } from "./master_server.ts";

/** Runs a test against a master without agents. */
async function withMaster(
  options: MasterOptions,
  test: (master: MasterHandle) => Promise<void>,
): Promise<void> {
  const master = startMaster(options);
  try {
    await test(master);
  } finally {
    await master.stop();
  }
}

function post(master: MasterHandle, body: string | Uint8Array, headers = {}) {
  return ask(new URL("/api/v1/scheduler", master.url), {
    method: "POST",
    headers,
    body: body as BodyInit,
  });
}

const AS_JSON = { "Content-Type": JSON_TYPE };
const SUBSCRIBE = JSON.stringify({
  type: "SUBSCRIBE",
  subscribe: { framework_info: CAPTURE_FRAMEWORK },
});

const REFUSALS: [string, string | Uint8Array, Record<string, string>, number, string][] = [
  ["not JSON", "{", AS_JSON, 400, "Failed to parse body into JSON: "],
  ["JSON of something else", "[1]", AS_JSON, 400, "Failed to convert JSON into Call protobuf: "],
  [
    "JSON without a required field",
    `{"type":"KILL","kill":{}}`,
    AS_JSON,
    400,
    "Failed to convert JSON into Call protobuf: ",
  ],
  [
    "bytes that are no Call",
    "garbage",
    { "Content-Type": PROTOBUF },
    400,
    "Failed to parse body into Call protobuf",
  ],
  [
    "an empty Call",
    "",
    { "Content-Type": PROTOBUF },
    400,
    "Failed to validate scheduler::Call: Expecting 'type' to be present",
  ],
  ["no media type", new Uint8Array(0), {}, 400, "Expecting 'Content-Type' to be present"],
  [
    "another media type",
    "",
    { "Content-Type": "text/plain" },
    415,
    "Expecting 'Content-Type' of application/json or application/x-protobuf",
  ],
  [
    "a parameter of the media type",
    "{}",
    { "Content-Type": "application/json; charset=utf-8" },
    415,
    "Expecting 'Content-Type' of application/json or application/x-protobuf",
  ],
  [
    "a SUBSCRIBE that takes no answer",
    SUBSCRIBE,
    { ...AS_JSON, Accept: "text/html" },
    406,
    "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
  ],
  [
    "a SUBSCRIBE with a stream id",
    SUBSCRIBE,
    { ...AS_JSON, "Mesos-Stream-Id": "x" },
    400,
    "Subscribe calls should not include the 'Mesos-Stream-Id' header",
  ],
  [
    "a call of an unknown framework",
    `{"type":"REVIVE","framework_id":{"value":"F"}}`,
    AS_JSON,
    400,
    "Framework cannot be found",
  ],
];

for (const [what, body, headers, status, text] of REFUSALS) {
  Deno.test(`the scheduler API answers ${what} with ${status}`, async () => {
    await withMaster({}, async (master) => {
      const answer = await post(master, body, headers);
      assertEquals(answer.status, status);
      assertEquals(answer.body.slice(0, text.length), text);
      assertEquals(answer.headers.get("Content-Type"), "text/plain; charset=utf-8");
    });
  });
}

Deno.test("the scheduler API is for POST", async () => {
  await withMaster({}, async (master) => {
    const answer = await ask(new URL("/master/api/v1/scheduler", master.url));
    assertEquals([answer.status, answer.headers.get("Allow")], [405, "POST"]);
    assertEquals(
      answer.body,
      "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.",
    );
  });
});

Deno.test("SUBSCRIBE is answered in the media type that is accepted, JSON where both are", async () => {
  await withMaster({}, async (master) => {
    for (
      const [accept, expected] of [
        ["*/*", JSON_TYPE],
        ["application/*", JSON_TYPE],
        [`${PROTOBUF};q=0.5`, PROTOBUF],
      ]
    ) {
      const response = await fetch(new URL("/api/v1/scheduler", master.url), {
        method: "POST",
        headers: { ...AS_JSON, Accept: accept ?? "" },
        body: SUBSCRIBE,
      });
      assertEquals(response.headers.get("Content-Type"), expected ?? "");
      assertEquals(response.headers.get("Mesos-Stream-Id")?.length, 36);
      await response.body?.cancel();
    }
  });
});

Deno.test("a framework that has left its stream is refused until it subscribes again", async () => {
  await withMaster({}, async (master) => {
    const scheduler = await TestScheduler.subscribe(master.url);
    await scheduler.close();
    let answer = await scheduler.send({ type: "REVIVE" });
    // The end of a stream is noticed a moment later.
    while (answer.status === 202) answer = await scheduler.send({ type: "REVIVE" });
    assertEquals([answer.status, answer.body], [403, "Framework is not subscribed"]);
    const id = { value: scheduler.frameworkId };
    const again = await TestScheduler.subscribe(master.url, { framework: { id } });
    await again.call({ type: "REVIVE" });
    await again.teardown();
  });
});

Deno.test("UPDATE_FRAMEWORK is answered at once", async () => {
  await withMaster({}, async (master) => {
    const scheduler = await TestScheduler.subscribe(master.url);
    const id = { value: scheduler.frameworkId };
    const update = (change: object) =>
      scheduler.send({
        type: "UPDATE_FRAMEWORK",
        update_framework: { framework_info: { ...CAPTURE_FRAMEWORK, id, ...change } },
      });
    assertEquals((await update({ name: "renamed" })).status, 200);
    const answers = [
      await update({ roles: ["-"] }),
      await update({ user: "other" }),
      await update({ checkpoint: false }),
    ];
    assertEquals(answers.map(({ status }) => status), [400, 400, 400]);
    assertEquals(answers.map(({ body }) => body), [
      "Supplied FrameworkInfo is not valid: 'FrameworkInfo.roles' contains invalid role: Role" +
      " '-' is invalid",
      "FrameworkInfo update is not valid: Updating 'FrameworkInfo.user' is unsupported; attempted" +
      " to update from 'root' to 'other'",
      "FrameworkInfo update is not valid: Updating 'FrameworkInfo.checkpoint' is unsupported;" +
      " attempted to update from 'true' to 'false'",
    ]);
    assertEquals((await scheduler.send({ type: "RECONCILE_OPERATIONS" })).status, 501);
    await scheduler.teardown();
  });
});

Deno.test("heartbeats come at once and at their interval", async () => {
  await withMaster({ heartbeatIntervalMs: 10 }, async (master) => {
    const scheduler = await TestScheduler.subscribe(master.url);
    assertEquals(scheduler.events[0]?.subscribed?.heartbeat_interval_seconds, 0.01);
    for (let beat = 0; beat < 3; beat++) await scheduler.event("HEARTBEAT");
    await scheduler.teardown();
  });
});

function basic(principal: string, secret: string): Record<string, string> {
  return { Authorization: `Basic ${btoa(`${principal}:${secret}`)}` };
}

Deno.test("with a credential, schedulers must prove who they are", async () => {
  await withMaster({ credential: { principal: "toil", secret: "secret" } }, async (master) => {
    const wrong = [{}, basic("toil", "wrong"), basic("other", "secret"), basic("constructor", "")];
    for (const headers of [...wrong, { Authorization: "Bearer x" }]) {
      const answer = await post(master, SUBSCRIBE, { ...AS_JSON, ...headers });
      assertEquals(
        [answer.status, answer.headers.get("WWW-Authenticate"), answer.body],
        [401, 'Basic realm="mesos-master-scheduler"', "401 Unauthorized."],
      );
    }
    const headers = basic("toil", "secret");
    const claimed = { ...CAPTURE_FRAMEWORK, principal: "other" };
    const body = JSON.stringify({ type: "SUBSCRIBE", subscribe: { framework_info: claimed } });
    const answer = await post(master, body, { ...AS_JSON, ...headers });
    assertEquals(
      [answer.status, answer.body],
      [
        400,
        "Failed to validate scheduler::Call: Authenticated principal 'toil' does not match" +
        " principal 'other' set in `FrameworkInfo`",
      ],
    );
    const scheduler = await TestScheduler.subscribe(master.url, { headers });
    const state = JSON.parse((await ask(new URL("/state", master.url), { headers })).body);
    assertEquals(state.frameworks[0].principal, "toil");
    await using agents = new MasterAgents({ headers });
    assertEquals(await agents.list(master.url), []);
    await using stranger = new MasterAgents();
    await assertRejects(() => stranger.list(master.url), Error, "HTTP 401");
    await scheduler.teardown();
  });
});

Deno.test("POST /teardown removes a framework, as an operator would", async () => {
  const credential = { principal: "toil", secret: "secret" };
  await withMaster({ credential }, async (master) => {
    const headers = basic("toil", "secret");
    const scheduler = await TestScheduler.subscribe(master.url, { headers });
    const url = new URL("/master/teardown", master.url);
    const teardown = (body: string, init: RequestInit = {}) =>
      ask(url, { method: "POST", headers, body: new URLSearchParams(body), ...init });
    const refusals: [Promise<Answer>, number, string][] = [
      [ask(url, { headers }), 405, "405 Method Not Allowed."],
      [teardown("", { headers: {} }), 401, "401 Unauthorized."],
      [teardown("x=y"), 400, "Missing 'frameworkId' query parameter in the request body"],
      [teardown("frameworkId=none"), 400, "No framework found with specified ID"],
    ];
    for (const [answer, status, text] of refusals) {
      const { status: actual, body } = await answer;
      assertEquals(actual, status);
      assertStringIncludes(body, text);
    }
    const answer = await teardown(`frameworkId=${scheduler.frameworkId}`);
    assertEquals([answer.status, answer.body], [200, ""]);
    await scheduler.finished();
    assertEquals((await teardown(`frameworkId=${scheduler.frameworkId}`)).status, 400);
  });
});

Deno.test("what is not there is 404", async () => {
  await withMaster({}, async (master) => {
    const answer = await ask(new URL("/nowhere", master.url));
    assertEquals([answer.status, answer.body], [404, "404 Not Found."]);
    const version = JSON.parse((await ask(new URL("/version", master.url))).body);
    assertEquals(version.version, "1.12.0");
  });
});

Deno.test("crash() drops all connections, and a new master listens on the same port", async () => {
  const first = startMaster();
  const scheduler = await TestScheduler.subscribe(first.url);
  const { port } = first.url;
  await first.crash();
  await scheduler.finished();
  await withMaster({ port: Number(port) }, async (second) => {
    const id = { value: scheduler.frameworkId };
    const again = await TestScheduler.subscribe(second.url, { framework: { id } });
    assertEquals(again.frameworkId, scheduler.frameworkId);
    assert(second.id !== first.id);
    await again.teardown();
  });
});

Deno.test("/state shows agents, frameworks, tasks and what they use", async () => {
  const cluster = await startOpenCluster({
    agent: {
      resources: "cpus:4;mem:4096;disk:100;cpus(batch):1",
      attributes: "rack:r1",
      executorShutdownGracePeriodMs: 50,
      switchUser: false,
    },
  });
  try {
    const scheduler = await TestScheduler.subscribe(cluster.master.url);
    const [offer] = await scheduler.offers();
    assert(offer);
    const executor = {
      executor_id: { value: "e" },
      command: { value: "exec sleep 1000" },
      resources: [scalar("mem", 32)],
    };
    await scheduler.launch(offer, [task("t", offer, { executor })]);
    const state = JSON.parse((await ask(new URL("/master/state", cluster.master.url))).body);
    const [agent] = state.slaves;
    await using agents = new MasterAgents();
    assertEquals(await agents.list(cluster.master.url), [
      { hostname: agent.hostname, isActive: true, gpus: agent.resources.gpus ?? 0 },
    ]);
    const [framework] = state.frameworks;
    assertEquals([state.id, state.leader, state.version, agent.active], [
      cluster.master.id,
      `master@${cluster.master.address}`,
      "1.12.0",
      true,
    ]);
    assertEquals([agent.id, agent.hostname, agent.attributes], [
      offer.agent_id.value,
      "127.0.0.1",
      { rack: "r1" },
    ]);
    assertEquals(agent.resources, {
      cpus: 5,
      gpus: 0,
      mem: 4096,
      disk: 100,
      ports: "[31000-32000]",
    });
    assertEquals([framework.id, framework.name, framework.connected], [
      scheduler.frameworkId,
      "capture",
      true,
    ]);
    assertEquals(framework.tasks[0].state, "TASK_STAGING");
    await scheduler.teardown();
    const after = JSON.parse((await ask(new URL("/state", cluster.master.url))).body);
    assertEquals(after.frameworks, []);
    assertEquals(after.completed_frameworks[0].id, scheduler.frameworkId);
  } finally {
    await cluster.stop();
  }
});

Deno.test("a registry that can't be read stops the master from starting", async () => {
  const workDirectory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${workDirectory}/registry.json`, "{");
    let message = "";
    try {
      startMaster({ workDirectory });
    } catch (error) {
      message = (error as Error).message;
    }
    assertStringIncludes(message, "Cannot read the registry");
  } finally {
    await Deno.remove(workDirectory, { recursive: true });
  }
});
