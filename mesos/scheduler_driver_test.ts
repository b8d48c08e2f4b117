import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { type ReceivedCall, StubMesos, type StubMesosOptions } from "../tests/kit/stub_mesos.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { schedulerCallCodec, schedulerEventCodec } from "./wire/codec.ts";
import {
  FrameworkFailedOverError,
  FrameworkRemovedError,
  MesosHttpError,
  RecordIoError,
} from "./mesos_errors.ts";
import { StaticMasterDetector } from "./detector/master_detector.ts";
import type { SchedulerCall, SchedulerEvent } from "./wire/messages.ts";
import type { Scheduler, SchedulerRequest } from "./scheduler.ts";
import { MesosSchedulerDriver, type SchedulerDriverOptions } from "./scheduler_driver.ts";

type Call = ReceivedCall<SchedulerCall>;
type StubOptions = Omit<
  StubMesosOptions<SchedulerCall, SchedulerEvent>,
  "callCodec" | "eventCodec"
>;

const SUBSCRIBED: SchedulerEvent = {
  type: "SUBSCRIBED",
  subscribed: { framework_id: { value: "framework-1" }, heartbeat_interval_seconds: 15 },
};
const QUICK = { baseMs: 1, maxMs: 5 };
const TLS = {
  cert: Deno.readTextFileSync(new URL("../tests/tls/server.pem", import.meta.url)),
  key: Deno.readTextFileSync(new URL("../tests/tls/server.key", import.meta.url)),
};
const CA = Deno.readTextFileSync(new URL("../tests/tls/ca.pem", import.meta.url));

function stub(options: StubOptions = {}): StubMesos<SchedulerCall, SchedulerEvent> {
  return new StubMesos({
    callCodec: schedulerCallCodec,
    eventCodec: schedulerEventCodec,
    ...options,
  });
}

/** On the first that is free of the ports that the Fetch standard calls bad. */
function onBadPort(): StubMesos<SchedulerCall, SchedulerEvent> {
  for (const port of [5060, 5061, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 10080]) {
    try {
      return stub({ port });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error("Cannot listen: all bad ports are taken");
}

/** Writes down what it is called with. */
class Recorder implements Scheduler {
  readonly seen: [string, ...unknown[]][] = [];
  registered = (_: unknown, id: { value: string }) => void this.seen.push(["registered", id.value]);
  reregistered = () => void this.seen.push(["reregistered"]);
  disconnected = (_: unknown, reason: Error) => void this.seen.push(["disconnected", reason]);
  resourceOffers = (_: unknown, offers: unknown[]) =>
    void this.seen.push(["offers", offers.length]);
  offerRescinded = (_: unknown, id: { value: string }) =>
    void this.seen.push(["rescind", id.value]);
  statusUpdate = (_: unknown, status: { task_id: { value: string } }) =>
    void this.seen.push(["update", status.task_id.value]);
  frameworkMessage = (
    _: unknown,
    executor: { value: string },
    agent: { value: string },
    data: Uint8Array,
  ) => void this.seen.push(["message", executor.value, agent.value, [...data]]);
  agentLost = (_: unknown, agent: { value: string }) =>
    void this.seen.push(["agentLost", agent.value]);
  executorLost = (
    _: unknown,
    executor: { value: string },
    agent: { value: string },
    status: number,
  ) => void this.seen.push(["executorLost", executor.value, agent.value, status]);
  launchTooLarge = (_: unknown, call: SchedulerRequest) =>
    void this.seen.push(["tooLarge", call.accept?.offer_ids]);
  error = (_: unknown, error: Error) => void this.seen.push(["error", error]);

  names(): string[] {
    return this.seen.map(([name]) => name);
  }

  /** The arguments of the n-th callback of that name, once it was called. */
  async called(name: string, n = 1): Promise<unknown[]> {
    const found = await waitFor(
      () => this.seen.filter(([seen]) => seen === name)[n - 1],
      `callback ${n} of ${name}; seen: ${this.names()}`,
    );
    return found.slice(1);
  }
}

function drive(masters: URL[], options: Partial<SchedulerDriverOptions> = {}) {
  const scheduler = new Recorder();
  const driver = new MesosSchedulerDriver(scheduler, {
    detector: new StaticMasterDetector(masters),
    frameworkInfo: () => ({ user: "u", name: "n", capabilities: [{ type: "PARTITION_AWARE" }] }),
    backoff: QUICK,
    ...options,
  });
  driver.start();
  return { scheduler, driver };
}

Deno.test("MesosSchedulerDriver subscribes and hands on every kind of event", async () => {
  const mesos = stub();
  const { scheduler, driver } = drive([mesos.url]);
  const { call, headers, path } = await mesos.received("SUBSCRIBE");
  assertEquals(path, "/api/v1/scheduler");
  assertEquals(headers.get("content-type"), "application/x-protobuf");
  assertEquals(headers.get("mesos-stream-id"), null);
  assertEquals(call.framework_id, undefined);
  assertEquals(call.subscribe?.framework_info.name, "n");
  const agent = { value: "a" }, executor = { value: "e" };
  mesos.emit(SUBSCRIBED);
  mesos.emit({ type: "HEARTBEAT" });
  mesos.emit({ type: "OFFERS", offers: {} });
  mesos.emit({ type: "RESCIND", rescind: { offer_id: { value: "o" } } });
  mesos.emit({ type: "UPDATE", update: { status: { task_id: { value: "t" } } } });
  mesos.emit({
    type: "MESSAGE",
    message: { agent_id: agent, executor_id: executor, data: new Uint8Array([1, 2]) },
  });
  mesos.emit({ type: "FAILURE", failure: { agent_id: agent } });
  mesos.emit({ type: "FAILURE", failure: { agent_id: agent, executor_id: executor, status: 9 } });
  mesos.emit({});
  mesos.emit({ type: "OFFERS", offers: { offers: [] } });
  await scheduler.called("offers", 2);
  assertEquals(scheduler.seen, [
    ["registered", "framework-1"],
    ["offers", 0],
    ["rescind", "o"],
    ["update", "t"],
    ["message", "e", "a", [1, 2]],
    ["agentLost", "a"],
    ["executorLost", "e", "a", 9],
    ["offers", 0],
  ]);
  assertEquals(driver.localAddress, "127.0.0.1");
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver sends calls in order, with the stream's and framework's ids", async () => {
  const gate = Promise.withResolvers<void>();
  const mesos = stub({
    answer: ({ call }) =>
      call.type === "DECLINE"
        ? gate.promise.then(() => new Response(null, { status: 202 }))
        : undefined,
  });
  const { scheduler, driver } = drive([mesos.url]);
  driver.send({ type: "SUPPRESS" }); // Nobody is there to hear it.
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  driver.send({ type: "DECLINE", decline: { offer_ids: [{ value: "o" }] } });
  driver.send({ type: "REVIVE" });
  const uuid = new Uint8Array(16);
  driver.send({
    type: "ACKNOWLEDGE",
    acknowledge: { agent_id: { value: "a" }, task_id: { value: "t" }, uuid },
  });
  const { call, headers } = await mesos.received("ACKNOWLEDGE"); // It overtakes the DECLINE.
  assertEquals(headers.get("mesos-stream-id"), "stream-1");
  assertEquals(call.framework_id?.value, "framework-1");
  assertEquals(mesos.calls.map(({ call }) => call.type), ["SUBSCRIBE", "DECLINE", "ACKNOWLEDGE"]);
  gate.resolve();
  await mesos.received("REVIVE");
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver resumes its framework after the stream has ended", async () => {
  const mesos = stub();
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  mesos.closeStreams();
  const { call, headers } = await mesos.received("SUBSCRIBE", 2);
  assertEquals(call.framework_id?.value, "framework-1");
  assertEquals(call.subscribe?.framework_info.id?.value, "framework-1");
  assertEquals(headers.get("mesos-stream-id"), null);
  mesos.emit(SUBSCRIBED);
  await scheduler.called("reregistered");
  driver.send({ type: "REVIVE" });
  assertEquals((await mesos.received("REVIVE")).headers.get("mesos-stream-id"), "stream-2");
  assertEquals(scheduler.names(), ["registered", "disconnected", "reregistered"]);
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver takes 200 for an answer, as UPDATE_FRAMEWORK has it", async () => {
  const mesos = stub({
    answer: ({ call }) =>
      call.type === "UPDATE_FRAMEWORK" ? new Response(null, { status: 200 }) : undefined,
  });
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  driver.send({
    type: "UPDATE_FRAMEWORK",
    update_framework: { framework_info: { user: "u", name: "n" } },
  });
  driver.send({ type: "REVIVE" });
  await mesos.received("REVIVE");
  assertEquals(scheduler.names(), ["registered"]);
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver subscribes anew when a call is not accepted", async () => {
  const mesos = stub({
    answer: ({ call }) =>
      call.type === "ACCEPT"
        ? new Response("Framework cannot be found", { status: 400 })
        : undefined,
  });
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  driver.send({ type: "ACCEPT", accept: {} });
  driver.send({ type: "REVIVE" });
  const [reason] = await scheduler.called("disconnected");
  assertStringIncludes(String(reason), "Cannot ACCEPT");
  assertStringIncludes(String(reason), "Framework cannot be found");
  await mesos.received("SUBSCRIBE", 2);
  assertEquals(mesos.calls.map(({ call }) => call.type), ["SUBSCRIBE", "ACCEPT", "SUBSCRIBE"]);
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver says which launch is refused for its size, and stays subscribed", async () => {
  const mesos = stub({
    answer: ({ call }) =>
      call.type === "ACCEPT" ? new Response("too large", { status: 413 }) : undefined,
  });
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  const offer_ids = [{ value: "o1" }];
  driver.send({ type: "ACCEPT", accept: { offer_ids } });
  driver.send({ type: "REVIVE" });
  assertEquals(await scheduler.called("tooLarge"), [offer_ids]);
  await mesos.received("REVIVE");
  assertEquals(scheduler.names(), ["registered", "tooLarge"]);
  await driver.stop();
  await mesos.stop();
});

for (const heartbeat_interval_seconds of [0, -1, NaN, Infinity, 1e-3, 0.999]) {
  Deno.test(`MesosSchedulerDriver survives a heartbeat every ${heartbeat_interval_seconds} s`, async () => {
    const mesos = stub();
    const { scheduler, driver } = drive([mesos.url]);
    await mesos.received("SUBSCRIBE");
    mesos.emit({
      type: "SUBSCRIBED",
      subscribed: { framework_id: { value: "f" }, heartbeat_interval_seconds },
    });
    await scheduler.called("registered");
    for (let calls = 1; calls <= 20; calls++) {
      driver.send({ type: "REVIVE" });
      await mesos.received("REVIVE", calls);
    }
    mesos.emit({ type: "OFFERS", offers: {} });
    await scheduler.called("offers");
    assertEquals(scheduler.names(), ["registered", "offers"]);
    await driver.stop();
    await mesos.stop();
  });
}

Deno.test("MesosSchedulerDriver.lastError names the master that has not answered yet", async () => {
  const gate = Promise.withResolvers<undefined>();
  const mesos = stub({ answer: () => gate.promise as Promise<never> });
  const { driver } = drive([mesos.url]);
  assertEquals(driver.lastError, undefined);
  await mesos.received("SUBSCRIBE");
  assertEquals(
    driver.lastError?.message,
    `Cannot reach ${mesos.url.origin}: no answer yet`,
  );
  gate.resolve(undefined);
  await waitFor(() => driver.localAddress, "the subscription");
  mesos.emit(SUBSCRIBED);
  await waitFor(() => driver.lastError === undefined, "no error to be left");
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver subscribes anew after garbage, and says where it was", async () => {
  const mesos = stub();
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  mesos.emitBytes(new TextEncoder().encode("<html>"));
  const [reason] = await scheduler.called("disconnected");
  assertInstanceOf(reason, RecordIoError);
  assert(reason.offset > 0);
  await mesos.received("SUBSCRIBE", 2);
  mesos.emit(SUBSCRIBED);
  await scheduler.called("reregistered");
  mesos.emitBytes(new TextEncoder().encode("3\nabc"));
  const [second] = await scheduler.called("disconnected", 2);
  assertStringIncludes(String(second), "Cannot decode scheduler.Event");
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver takes host and port of a redirect, and nothing else", async () => {
  const leader = stub();
  const location = `//user:password@127.0.0.1:${leader.port}/frameworks?x=1`;
  const follower = stub({
    answer: () => new Response(null, { status: 307, headers: { Location: location } }),
  });
  const { scheduler, driver } = drive([follower.url]);
  const { path, headers } = await leader.received("SUBSCRIBE");
  assertEquals([path, headers.get("authorization")], ["/api/v1/scheduler", null]);
  leader.emit(SUBSCRIBED);
  await scheduler.called("registered");
  driver.send({ type: "REVIVE" });
  assertEquals((await leader.received("REVIVE")).path, "/api/v1/scheduler");
  await driver.stop();
  await Promise.all([leader.stop(), follower.stop()]);
});

Deno.test("MesosSchedulerDriver goes back to its list when a redirect leads nowhere", async () => {
  const gone = stub();
  const location = `//127.0.0.1:${gone.port}/master/api/v1/scheduler`;
  await gone.stop();
  let asked = 0;
  const follower = stub({
    answer: () =>
      ++asked < 3
        ? new Response(null, { status: 307, headers: { Location: location } })
        : undefined,
  });
  const { scheduler, driver } = drive([follower.url]);
  await follower.received("SUBSCRIBE", 3);
  follower.emit(SUBSCRIBED);
  await scheduler.called("registered");
  await driver.stop();
  await follower.stop();
});

Deno.test("MesosSchedulerDriver tries one master after the other", async () => {
  const gone = stub();
  const goneUrl = gone.url;
  await gone.stop();
  const mesos = stub();
  const { scheduler, driver } = drive([goneUrl, goneUrl, mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver reaches a master on a port that browsers refuse", async () => {
  const mesos = onBadPort();
  const { driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  await driver.stop();
  await mesos.stop();
});

for (const status of [400, 401, 403]) {
  Deno.test(`MesosSchedulerDriver gives up when SUBSCRIBE is answered with ${status}`, async () => {
    const mesos = stub({ answer: () => new Response("because", { status }) });
    const { scheduler, driver } = drive([mesos.url]);
    const [error] = await scheduler.called("error");
    assertInstanceOf(error, MesosHttpError);
    assertEquals(error.status, status);
    assertStringIncludes(error.message, "because");
    await driver.join();
    assertEquals(mesos.calls.length, 1);
    await mesos.stop();
  });
}

Deno.test("MesosSchedulerDriver tries again when the master is not ready", async () => {
  let asked = 0;
  const mesos = stub({
    answer: () => ++asked < 4 ? new Response("recovering", { status: 503 }) : undefined,
  });
  const { driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE", 4);
  await driver.stop();
  await mesos.stop();
});

for (
  const [message, ErrorClass] of [
    ["Framework has been removed", FrameworkRemovedError],
    ["Framework failed over", FrameworkFailedOverError],
  ] as const
) {
  Deno.test(`MesosSchedulerDriver stops at ERROR "${message}"`, async () => {
    const mesos = stub();
    const { scheduler, driver } = drive([mesos.url]);
    await mesos.received("SUBSCRIBE");
    mesos.emit(SUBSCRIBED);
    mesos.emit({ type: "ERROR", error: { message } });
    const [error] = await scheduler.called("error");
    assert(error instanceof ErrorClass);
    await driver.join();
    assertEquals(scheduler.names(), ["registered", "error"]);
    await mesos.stop();
  });
}

Deno.test("MesosSchedulerDriver.teardown() removes the framework and stops", async () => {
  const mesos = stub();
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  assertEquals(await driver.teardown(10_000), true);
  assertEquals((await mesos.received("TEARDOWN")).call.framework_id?.value, "framework-1");
  assertEquals(scheduler.names(), ["registered"]);
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver.teardown() is done when the stream ends before the answer", async () => {
  const mesos: StubMesos<SchedulerCall, SchedulerEvent> = stub({
    answer: ({ call }) => {
      if (call.type !== "TEARDOWN") return undefined;
      mesos.closeStreams();
      const answer = new Response(null, { status: 202 });
      return scheduler.called("registered").then(() => answer);
    },
  });
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  assertEquals(await driver.teardown(10_000), true);
  assertEquals(scheduler.names(), ["registered"]);
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver.teardown() is done when the framework is gone already", async () => {
  const mesos = stub();
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  mesos.closeStreams();
  await scheduler.called("disconnected");
  const done = driver.teardown(10_000);
  await mesos.received("SUBSCRIBE", 2);
  mesos.emit({ type: "ERROR", error: { message: "Framework has been removed" } });
  assertEquals(await done, true);
  assertEquals(scheduler.names().includes("error"), false);
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver.teardown() says it again to the next master", async () => {
  let refused = false;
  const mesos = stub({
    answer: ({ call }) =>
      call.type === "TEARDOWN" && !refused
        ? (refused = true, new Response("not now", { status: 500 }))
        : undefined,
  });
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  const done = driver.teardown(10_000);
  await mesos.received("SUBSCRIBE", 2);
  mesos.emit(SUBSCRIBED);
  assertEquals(await done, true);
  assertEquals(mesos.calls.filter(({ call }) => call.type === "TEARDOWN").length, 2);
  assertEquals(scheduler.names(), ["registered"]);
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver.teardown() ends in time when nobody answers", async () => {
  const mesos = stub();
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  await mesos.stop();
  await scheduler.called("disconnected");
  assertEquals(await driver.teardown(20), false);
});

Deno.test("MesosSchedulerDriver speaks TLS and authenticates", async () => {
  const mesos = stub({ tls: TLS });
  const { driver } = drive([mesos.url], {
    caCertificates: CA,
    credential: { principal: "toil", secret: "s3:cret" },
  });
  const { headers }: Call = await mesos.received("SUBSCRIBE");
  assertEquals(headers.get("authorization"), `Basic ${btoa("toil:s3:cret")}`);
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver does not talk to a master that the CA does not vouch for", async () => {
  const mesos = stub({ tls: TLS });
  const trusted = stub();
  const { driver } = drive([mesos.url, trusted.url]);
  await trusted.received("SUBSCRIBE");
  assertEquals(mesos.calls, []);
  await driver.stop();
  await Promise.all([mesos.stop(), trusted.stop()]);
});

Deno.test("MesosSchedulerDriver is not led off TLS by a redirect", async () => {
  const plain = stub();
  const mesos = stub({
    tls: TLS,
    answer: () => new Response(null, { status: 307, headers: { Location: plain.url.href } }),
  });
  const { driver } = drive([mesos.url], { caCertificates: CA });
  await mesos.received("SUBSCRIBE", 2);
  assertEquals(plain.calls, []);
  await driver.stop();
  await Promise.all([mesos.stop(), plain.stop()]);
});

Deno.test("MesosSchedulerDriver leaves out what no Mesos would send, and cuts the rest", async () => {
  const mesos = stub();
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  mesos.emit({
    type: "UPDATE",
    update: { status: { task_id: { value: "../../x" }, state: "TASK_LOST" } },
  });
  mesos.emit({ type: "ERROR", error: { message: "x".repeat(30_000_000) } });
  const [error] = await scheduler.called("error");
  assert(String(error).length < 5_000);
  assertEquals(scheduler.names(), ["registered", "error"]);
  await driver.stop();
  await mesos.stop();
});

Deno.test("MesosSchedulerDriver declines thousands of offers in few calls, and launches meanwhile", async () => {
  const mesos = stub();
  const { scheduler, driver } = drive([mesos.url]);
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  await scheduler.called("registered");
  const decline = (id: number, refuse_seconds: number) =>
    driver.send({
      type: "DECLINE",
      decline: { offer_ids: [{ value: `o-${id}` }], filters: { refuse_seconds } },
    });
  for (let id = 0; id < 20_000; id++) decline(id, 120);
  decline(20_000, 5);
  driver.send({ type: "ACCEPT", accept: { offer_ids: [{ value: "o" }] } });
  driver.send({ type: "REVIVE" });
  await mesos.received("REVIVE");
  const calls = mesos.calls.map(({ call }) => call);
  const declined = calls.flatMap(({ decline }) => decline?.offer_ids ?? []);
  assertEquals(
    declined.map(({ value }) => value),
    [...Array(20_001).keys()].map((id) => `o-${id}`),
  );
  assert(calls.length < 30, `${calls.length} calls`);
  assertEquals(calls.findIndex(({ type }) => type === "ACCEPT"), 2);
  await driver.stop();
  await mesos.stop();
});
