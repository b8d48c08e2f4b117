import { assertEquals, assertNotEquals } from "@std/assert";
import type { FrameworkInfo } from "../../../mesos/wire/messages.ts";
import { task } from "../../testing.ts";
import { LogicalMaster, uuidOf } from "../testing.ts";

function errorOf(info: Partial<FrameworkInfo>, suppressed: string[] = []): string | undefined {
  const master = new LogicalMaster();
  const { events, streamId } = master.subscribe(info, suppressed);
  const closed = master.effects.some((effect) =>
    effect.type === "CLOSE_STREAM" && effect.streamId === streamId
  );
  const error = events.find(({ type }) => type === "ERROR")?.error?.message;
  assertEquals(closed, error !== undefined);
  return error;
}

Deno.test("subscribe() answers SUBSCRIBED, heartbeats and then offers", () => {
  const master = new LogicalMaster();
  master.register();
  const framework = master.subscribe();
  assertEquals(
    master.effects.filter(({ type }) => type === "EVENT" || type === "START_HEARTBEATS").map(
      (effect) => effect.type === "EVENT" ? effect.event.type : effect.type,
    ),
    ["SUBSCRIBED", "START_HEARTBEATS", "OFFERS"],
  );
  assertEquals(framework.id, "M-0000");
  assertEquals(master.subscribe().id, "M-0001");
});

Deno.test("subscribe() refuses infos that are not valid", () => {
  assertEquals(errorOf({}), undefined);
  assertEquals(
    errorOf({ capabilities: [{ type: "MULTI_ROLE" }] }),
    "This Mesos is for frameworks with the capability PARTITION_AWARE",
  );
  assertEquals(
    errorOf({ role: "a" }),
    "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable",
  );
  assertEquals(
    errorOf({ roles: ["-a"] }),
    "'FrameworkInfo.roles' contains invalid role: Role '-a' is invalid",
  );
  assertEquals(errorOf({ id: { value: "a/b" } }), "'a/b' contains invalid characters");
  assertEquals(
    errorOf({ failover_timeout: 1e10 }),
    "The framework failover_timeout (10000000000) is invalid",
  );
  assertEquals(
    errorOf({ roles: ["a"] }, ["b", "a"]),
    "Suppressed roles { b } are not contained in the set of roles",
  );
});

Deno.test("a second subscription ends the first", () => {
  const master = new LogicalMaster();
  const first = master.subscribe();
  const second = master.subscribe({ id: { value: first.id } });
  assertEquals(first.events.at(-1), { type: "ERROR", error: { message: "Framework failed over" } });
  assertEquals(second.id, first.id);
  const closed = master.effects.filter(({ type }) => type === "CLOSE_STREAM");
  assertEquals(closed, [{ type: "CLOSE_STREAM", streamId: first.streamId }]);
  // The end of the first stream is none of the second's.
  first.disconnect();
  assertEquals(master.state.frameworks.get(first.id)?.connection, "CONNECTED");
});

Deno.test("a second subscription can't change user and checkpointing, but the principal is checked", () => {
  const master = new LogicalMaster();
  const { id } = master.subscribe();
  master.subscribe({ id: { value: id }, user: "other", checkpoint: false });
  const { info } = master.state.frameworks.get(id) ?? {};
  assertEquals([info?.user, info?.checkpoint], ["root", true]);
  const stranger = master.subscribe({ id: { value: id }, principal: "p" });
  assertEquals(
    stranger.events.at(-1)?.error?.message,
    "Changing framework's principal is not allowed.",
  );
});

Deno.test("offers of a framework that fails over or disconnects are taken back", () => {
  const master = new LogicalMaster();
  master.register("cpus:4");
  const first = master.subscribe();
  const second = master.subscribe({ id: { value: first.id } });
  assertEquals(second.offers, []);
  master.allocate();
  assertEquals(second.offers.length, 1);
  second.disconnect();
  assertEquals(master.state.offers.size, 0);
  assertNotEquals(master.subscribe().offers, []);
});

Deno.test("a framework that stays away is removed after its failover timeout", () => {
  const master = new LogicalMaster();
  const agent = master.register();
  const framework = master.subscribe({ failover_timeout: 7 });
  const [offer] = framework.offers;
  if (offer) framework.launch([offer], [task("t", offer)]);
  assertEquals(framework.disconnect(), [{
    type: "SET_TIMER",
    timeout: { type: "FRAMEWORK_FAILOVER", frameworkId: framework.id },
    afterMs: 7000,
  }]);
  master.timeout({ type: "FRAMEWORK_FAILOVER", frameworkId: framework.id });
  assertEquals(agent.messages.at(-1), { type: "SHUTDOWN_FRAMEWORK", frameworkId: framework.id });
  assertEquals(master.state.frameworks.size, 0);
  const late = master.subscribe({ id: { value: framework.id } });
  assertEquals(late.events, [{ type: "ERROR", error: { message: "Framework has been removed" } }]);
});

Deno.test("a framework that comes back in time is not removed", () => {
  const master = new LogicalMaster();
  const framework = master.subscribe();
  framework.disconnect();
  master.subscribe({ id: { value: framework.id } });
  const cleared = master.effects.some((effect) =>
    effect.type === "CLEAR_TIMER" && effect.timeout.type === "FRAMEWORK_FAILOVER"
  );
  assertEquals(cleared, true);
  master.timeout({ type: "FRAMEWORK_FAILOVER", frameworkId: framework.id });
  assertEquals(master.state.frameworks.has(framework.id), true);
});

Deno.test("TEARDOWN ends the stream without an event, and gives everything back", () => {
  const master = new LogicalMaster();
  master.register("cpus:1");
  const framework = master.subscribe();
  const [offer] = framework.offers;
  if (offer) framework.launch([offer], [task("t", offer, { cpus: 1, mem: 0, disk: 0 })]);
  const before = framework.events.length;
  framework.call({ type: "TEARDOWN" });
  assertEquals(framework.events.length, before);
  assertEquals(master.effects.some(({ type }) => type === "CLOSE_STREAM"), true);
  const [free] = master.subscribe().offers;
  assertEquals(free?.resources?.map(({ scalar }) => scalar?.value), [1]);
});

Deno.test("a master that never saw a framework takes its id", () => {
  const master = new LogicalMaster();
  assertEquals(master.subscribe({ id: { value: "old-0007" } }).id, "old-0007");
});

Deno.test("an update of an unknown framework of an agent recovers it without offers", () => {
  const master = new LogicalMaster();
  const info = { user: "u", name: "n", id: { value: "old-0000" }, checkpoint: true };
  const agent = master.register("cpus:4", { frameworks: [info] });
  assertEquals(master.state.frameworks.get("old-0000")?.connection, "RECOVERED");
  agent.update("old-0000", "t", "TASK_RUNNING");
  const framework = master.subscribe({ id: { value: "old-0000" }, user: "u" });
  assertEquals(framework.events.map(({ type }) => type), ["SUBSCRIBED", "OFFERS"]);
});

Deno.test("acknowledgements of updates that an earlier master sent are dropped", () => {
  const master = new LogicalMaster();
  const agent = master.register();
  const framework = master.subscribe();
  const [offer] = framework.offers;
  if (offer) framework.launch([offer], [task("t", offer)]);
  const before = agent.messages.length;
  framework.call({
    type: "ACKNOWLEDGE",
    acknowledge: { agent_id: { value: agent.id }, task_id: { value: "t" }, uuid: uuidOf(1) },
  });
  assertEquals(agent.messages.length, before);
});
