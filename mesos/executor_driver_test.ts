import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { StubMesos, type StubMesosOptions } from "../tests/kit/stub_mesos.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { executorCallCodec, executorEventCodec } from "./wire/codec.ts";
import type { Executor } from "./executor.ts";
import { MesosExecutorDriver } from "./executor_driver.ts";
import type { ExecutorEnvironment } from "./executor_environment.ts";
import type { ExecutorCall, ExecutorEvent, TaskInfo } from "./wire/messages.ts";

type StubOptions = Omit<StubMesosOptions<ExecutorCall, ExecutorEvent>, "callCodec" | "eventCodec">;

const SUBSCRIBED: ExecutorEvent = {
  type: "SUBSCRIBED",
  subscribed: {
    executor_info: { executor_id: { value: "executor-1" } },
    framework_info: { user: "u", name: "n" },
    agent_info: { hostname: "node-1" },
  },
};

function task(id: string): TaskInfo {
  return { name: id, task_id: { value: id }, agent_id: { value: "a" } };
}

function stub(options: StubOptions = {}): StubMesos<ExecutorCall, ExecutorEvent> {
  return new StubMesos({
    callCodec: executorCallCodec,
    eventCodec: executorEventCodec,
    ...options,
  });
}

/** Writes down what it is called with. */
class Recorder implements Executor {
  readonly seen: string[] = [];
  registered = () => void this.seen.push("registered");
  reregistered = () => void this.seen.push("reregistered");
  disconnected = () => void this.seen.push("disconnected");
  launchTask = (_: unknown, { task_id }: TaskInfo) =>
    void this.seen.push(`launch ${task_id.value}`);
  killTask = (_: unknown, { value }: { value: string }) => void this.seen.push(`kill ${value}`);
  frameworkMessage = (_: unknown, data: Uint8Array) => void this.seen.push(`message ${[...data]}`);
  shutdown = () => void this.seen.push("shutdown");
  error = (_: unknown, message: string) => void this.seen.push(`error ${message}`);

  async called(name: string): Promise<void> {
    await waitFor(() => this.seen.some((seen) => seen.startsWith(name)), `callback ${name}`);
  }
}

function drive(
  agent: StubMesos<ExecutorCall, ExecutorEvent> | undefined,
  environment: Partial<ExecutorEnvironment> = {},
) {
  const executor = new Recorder();
  const driver = new MesosExecutorDriver(executor, {
    agentEndpoint: `127.0.0.1:${environment.domainSocket ? 0 : agent?.port}`,
    tls: false,
    caCertificates: undefined,
    caFile: undefined,
    agentProcess: "slave(1)",
    domainSocket: undefined,
    frameworkId: "framework-1",
    executorId: "executor-1",
    sandboxDirectory: "/",
    checkpoint: true,
    recoveryTimeoutMs: 60_000,
    subscriptionBackoffMaxMs: 5,
    shutdownGracePeriodMs: 1000,
    authenticationToken: undefined,
    ...environment,
  });
  driver.start();
  return { executor, driver };
}

async function subscribed(agent: StubMesos<ExecutorCall, ExecutorEvent>, recorder: Recorder) {
  await agent.received("SUBSCRIBE");
  agent.emit(SUBSCRIBED);
  await recorder.called("registered");
}

Deno.test("MesosExecutorDriver subscribes and hands on every kind of event", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  const { call, path } = await agent.received("SUBSCRIBE");
  assertEquals(path, "/api/v1/executor");
  assertEquals(call.executor_id.value, "executor-1");
  assertEquals(call.framework_id.value, "framework-1");
  agent.emit({ type: "LAUNCH", launch: { task: task("1") } });
  agent.emit({ type: "HEARTBEAT" });
  agent.emit({});
  agent.emit({ type: "KILL", kill: { task_id: { value: "1" } } });
  agent.emit({ type: "MESSAGE", message: { data: new Uint8Array([7]) } });
  agent.emit({ type: "SHUTDOWN" });
  await executor.called("shutdown");
  assertEquals(executor.seen, ["registered", "launch 1", "kill 1", "message 7", "shutdown"]);
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver ends a task that can't be launched for its ids, where it can be named", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  agent.emit({ type: "LAUNCH", launch: { task: task("../1") } });
  agent.emit({ type: "LAUNCH", launch: { task: { ...task("2"), agent_id: { value: "../a" } } } });
  agent.emit({ type: "LAUNCH", launch: { task: task("3") } });
  const { call } = await agent.received("UPDATE");
  await executor.called("launch");
  assertEquals(executor.seen, ["registered", "launch 3"]);
  const { task_id, state } = call.update?.status ?? {};
  assertEquals([task_id?.value, state], ["2", "TASK_ERROR"]);
  assertEquals(agent.calls.filter(({ call }) => call.type === "UPDATE").length, 1);
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver fails the tasks of a group, which it can't launch together", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  agent.emit({
    type: "LAUNCH_GROUP",
    launch_group: { task_group: { tasks: [task("1"), task("2")] } },
  });
  const updates = [await agent.received("UPDATE"), await agent.received("UPDATE", 2)]
    .map(({ call }) => call.update?.status);
  assertEquals(updates.map((status) => status?.task_id.value).sort(), ["1", "2"]);
  for (const status of updates) {
    assertEquals(status?.state, "TASK_FAILED");
    assertEquals(
      status?.message,
      "Cannot launch a group of tasks: this executor runs only single tasks",
    );
  }
  assertEquals(executor.seen, ["registered"]);
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver.sendStatusUpdate() gives each update a valid, new UUID", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_STARTING" });
  driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_FINISHED", message: "0" });
  const [first, second] = [await agent.received("UPDATE"), await agent.received("UPDATE", 2)]
    .map(({ call }) => call.update?.status);
  assertEquals([first?.state, second?.state], ["TASK_STARTING", "TASK_FINISHED"]);
  assertEquals(first?.source, "SOURCE_EXECUTOR");
  assertEquals(first?.executor_id?.value, "executor-1");
  assert((first?.timestamp ?? 0) > 1e9);
  assertNotEquals(first?.uuid, second?.uuid);
  for (const status of [first, second]) {
    assertEquals(status?.uuid?.length, 16);
    assertEquals((status?.uuid?.[6] ?? 0) >> 4, 4, "version 4");
    assertEquals((status?.uuid?.[8] ?? 0) >> 6, 2, "variant of RFC 4122");
  }
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver tells again what the agent has not acknowledged", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  agent.emit({ type: "LAUNCH", launch: { task: task("1") } });
  agent.emit({ type: "LAUNCH", launch: { task: task("2") } });
  await executor.called("launch 2");
  driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_RUNNING" });
  const { call } = await agent.received("UPDATE");
  const uuid = call.update?.status.uuid ?? new Uint8Array();
  agent.emit({ type: "ACKNOWLEDGED", acknowledged: { task_id: { value: "1" }, uuid } });
  agent.emit({ type: "MESSAGE", message: { data: new Uint8Array([1]) } });
  await executor.called("message");
  agent.closeStreams();
  await executor.called("disconnected");
  driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_FINISHED", message: "0" });
  await agent.received("SUBSCRIBE", 2);
  agent.closeStreams(); // Whatever was in the second one is in a later one.
  const { subscribe } = (await waitFor(
    () => agent.calls.findLast(({ call }) => call.subscribe?.unacknowledged_updates?.length === 1),
    "a SUBSCRIBE that carries the update",
  )).call;
  assertEquals(subscribe?.unacknowledged_tasks?.map(({ task_id }) => task_id.value), ["2"]);
  assertEquals(subscribe?.unacknowledged_updates?.[0]?.status.state, "TASK_FINISHED");
  await waitFor(() => agent.streams > 0, "a stream");
  agent.emit(SUBSCRIBED);
  await executor.called("reregistered");
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver.sendStatusUpdate() settles once the agent has answered", async () => {
  const answer = Promise.withResolvers<Response>();
  const agent = stub({
    answer: ({ call }) => call.type === "UPDATE" ? answer.promise : undefined,
  });
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  let isTaken = false;
  const taken = driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_STARTING" })
    .then(() => isTaken = true);
  await agent.received("UPDATE");
  assertEquals(isTaken, false);
  answer.resolve(new Response(null, { status: 202 }));
  await taken;
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver.sendStatusUpdate() settles when a SUBSCRIBE has brought the update", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  agent.closeStreams();
  await executor.called("disconnected");
  const taken = driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_STARTING" });
  const { call } = await agent.received("SUBSCRIBE", 2);
  const [told] = call.subscribe?.unacknowledged_updates ?? [];
  agent.emit(SUBSCRIBED);
  const uuid = told?.status.uuid ?? new Uint8Array();
  agent.emit({ type: "ACKNOWLEDGED", acknowledged: { task_id: { value: "1" }, uuid } });
  await taken;
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver sends what came up while it was subscribing", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent);
  await agent.received("SUBSCRIBE");
  driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_STARTING" });
  agent.emit(SUBSCRIBED);
  assertEquals((await agent.received("UPDATE")).call.update?.status.state, "TASK_STARTING");
  assertEquals(executor.seen, ["registered"]);
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver subscribes anew when an update is not accepted", async () => {
  let refused = false;
  const agent = stub({
    answer: ({ call }) =>
      call.type === "UPDATE" && !refused
        ? (refused = true, new Response("Executor is not subscribed", { status: 403 }))
        : undefined,
  });
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_STARTING" });
  const { call } = await agent.received("SUBSCRIBE", 2);
  assertEquals(call.subscribe?.unacknowledged_updates?.length, 1);
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver without checkpointing shuts down when the agent is gone", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent, { checkpoint: false });
  await subscribed(agent, executor);
  await agent.stop();
  await executor.called("shutdown");
  assertEquals(executor.seen, ["registered", "disconnected", "shutdown"]);
  await driver.stop(0);
});

Deno.test("MesosExecutorDriver takes a recovery timeout that no timer can be set to", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent, { recoveryTimeoutMs: 5 * 7 * 86_400_000 });
  await subscribed(agent, executor);
  agent.closeStreams();
  await agent.received("SUBSCRIBE", 2);
  agent.emit(SUBSCRIBED);
  await executor.called("reregistered");
  assertEquals(executor.seen, ["registered", "disconnected", "reregistered"]);
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver shuts down when the agent stays away too long", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent, { recoveryTimeoutMs: 1_000 });
  await subscribed(agent, executor);
  await agent.stop();
  await executor.called("shutdown");
  assertEquals(executor.seen, ["registered", "disconnected", "shutdown"]);
  await driver.stop(0);
});

Deno.test("MesosExecutorDriver reports a refusal and shuts down", async () => {
  const agent = stub({ answer: () => new Response("Framework cannot be found", { status: 400 }) });
  const { executor, driver } = drive(agent);
  await executor.called("shutdown");
  assertEquals(executor.seen.length, 2);
  assert(executor.seen[0]?.includes("Framework cannot be found"));
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver waits for an agent that is recovering", async () => {
  let asked = 0;
  const agent = stub({
    answer: () => ++asked < 3 ? new Response("recovering", { status: 503 }) : undefined,
  });
  // No timer can be set to so many weeks.
  const { executor, driver } = drive(agent, { recoveryTimeoutMs: 5 * 604_800_000 });
  await agent.received("SUBSCRIBE", 3);
  agent.emit(SUBSCRIBED);
  await executor.called("registered");
  await driver.stop(0);
  await agent.stop();
});

Deno.test("MesosExecutorDriver.stop() waits for acknowledgements", async () => {
  const agent = stub();
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_KILLED" });
  let stopped = false;
  const stopping = driver.stop(60_000).then(() => stopped = true);
  const uuid = (await agent.received("UPDATE")).call.update?.status.uuid ?? new Uint8Array();
  assertEquals(stopped, false);
  agent.emit({ type: "ACKNOWLEDGED", acknowledged: { task_id: { value: "1" }, uuid } });
  await stopping;
  await agent.stop();
});

Deno.test("MesosExecutorDriver.stop() waits for no acknowledgement of an agent that has refused it", async () => {
  let known = true;
  const agent = stub({
    answer: () => known ? undefined : new Response("Framework cannot be found", { status: 400 }),
  });
  const { executor, driver } = drive(agent);
  await subscribed(agent, executor);
  driver.sendStatusUpdate({ task_id: { value: "1" }, state: "TASK_STARTING" });
  await agent.received("UPDATE");
  // As an agent that was started anew without its memory.
  known = false;
  agent.closeStreams();
  await executor.called("shutdown");
  let isStopped = false;
  driver.stop(0).then(() => isStopped = true);
  await waitFor(() => isStopped, "the driver to stop");
  await agent.stop();
});

Deno.test("MesosExecutorDriver shows its token, and can use a Unix socket", async () => {
  const directory = await Deno.makeTempDir();
  const domainSocket = `${directory}/agent.sock`;
  const agent = stub({ socketPath: domainSocket });
  // Agents speak no TLS there, whatever they do on their port, and know no short paths.
  const environment = { domainSocket, tls: true, authenticationToken: "t0ken" };
  const { executor, driver } = drive(agent, environment);
  await subscribed(agent, executor);
  const { headers, path } = await agent.received("SUBSCRIBE");
  assertEquals(headers.get("authorization"), "Bearer t0ken");
  assertEquals(path, "/slave(1)/api/v1/executor");
  driver.sendFrameworkMessage(new Uint8Array([1]));
  assertEquals((await agent.received("MESSAGE")).path, path);
  await driver.stop(0);
  await agent.stop();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("MesosExecutorDriver takes its token nowhere else, whatever the agent answers", async () => {
  const other = stub();
  const agent = stub({
    answer: () =>
      new Response(null, {
        status: 307,
        headers: { Location: `//127.0.0.1:${other.port}/api/v1/executor` },
      }),
  });
  const { driver } = drive(agent, { authenticationToken: "secret" });
  await agent.received("SUBSCRIBE", 3);
  await driver.stop(0);
  assertEquals(other.calls, []);
  await Promise.all([agent.stop(), other.stop()]);
});

Deno.test("MesosExecutorDriver trusts the certificates of its scheduler and of its node", async () => {
  const certificate = (name: string) => new URL(`../tests/tls/${name}`, import.meta.url);
  const read = (name: string) => Deno.readTextFileSync(certificate(name));
  const trusts: Partial<ExecutorEnvironment>[] = [
    { caCertificates: read("ca.pem") },
    { caFile: fileURLToPath(certificate("ca.pem")) },
    { caCertificates: read("ca.pem"), caFile: "/nowhere" },
  ];
  for (const trust of trusts) {
    const agent = stub({ tls: { cert: read("server.pem"), key: read("server.key") } });
    const { executor, driver } = drive(agent, { tls: true, ...trust });
    await subscribed(agent, executor);
    await driver.stop(0);
    await agent.stop();
  }
});
