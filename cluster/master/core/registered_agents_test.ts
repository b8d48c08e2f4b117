import { assert, assertEquals } from "@std/assert";
import type { FrameworkInfo, SchedulerEvent } from "../../../mesos/wire/messages.ts";
import type { Registration } from "../../protocol/agent_protocol.ts";
import { task } from "../../testing.ts";
import { type LogicalAgent, type LogicalFramework, LogicalMaster } from "../testing.ts";

function running(info: Partial<FrameworkInfo> = {}): {
  master: LogicalMaster;
  agent: LogicalAgent;
  framework: LogicalFramework;
} {
  const master = new LogicalMaster();
  const agent = master.register("cpus:4;mem:4096;disk:10000");
  const framework = master.subscribe(info);
  const [offer] = framework.offers;
  assert(offer);
  framework.launch([offer], [task("t", offer)], 0);
  master.allocate();
  return { master, agent, framework };
}

/** What an agent would say that lost nothing. */
function registrationOf(master: LogicalMaster, agentId: string): Partial<Registration> {
  const agent = master.state.agents.get(agentId);
  assert(agent);
  return structuredClone({
    info: agent.info,
    address: agent.address,
    frameworks: [...master.state.frameworks.values()].map(({ info }) => info),
    executors: [...agent.executors.values()].flatMap((byId) => [...byId.values()]),
    tasks: [...agent.tasks.values()].flatMap((byId) => [...byId.values()]),
  });
}

function summary({ type, update, failure }: SchedulerEvent): string {
  if (failure) return `FAILURE ${failure.executor_id ? "of executor" : "of agent"}`;
  const { state, reason, message } = update?.status ?? {};
  return update ? [state, reason, message].join(" ") : type ?? "";
}

Deno.test("a broken link rescinds offers and leaves checkpointed tasks alone", () => {
  const { agent, framework, master } = running();
  const before = framework.events.length;
  const effects = agent.disconnect();
  assertEquals(framework.events.slice(before).map(summary), ["RESCIND"]);
  assertEquals(effects.at(-1), {
    type: "SET_TIMER",
    timeout: { type: "AGENT_REREGISTRATION", agentId: agent.id },
    afterMs: 600_000,
  });
  master.allocate();
  assertEquals(framework.offers.length, 2);
});

Deno.test("an agent that answers no ping becomes unreachable after five", () => {
  const { agent, framework, master } = running();
  const before = framework.events.length;
  const timeout = { type: "AGENT_PING" as const, agentId: agent.id };
  for (let missed = 1; missed < 5; missed++) {
    assertEquals(master.timeout(timeout).map(({ type }) => type), ["PING", "SET_TIMER"]);
  }
  master.timeout(timeout);
  assertEquals(framework.events.slice(before).map(summary), [
    "TASK_UNREACHABLE REASON_AGENT_REMOVED health check timed out",
    "RESCIND",
    "FAILURE of agent",
  ]);
  const status = framework.updates.at(-1);
  assertEquals(status?.unreachable_time?.nanoseconds, master.nowMs * 1e6);
  assertEquals(status?.uuid, undefined);
});

Deno.test("an agent that answers is never given up", () => {
  const { agent, master } = running();
  for (let round = 0; round < 20; round++) {
    master.take({ type: "PONG", agentId: agent.id });
    master.timeout({ type: "AGENT_PING", agentId: agent.id });
  }
  assertEquals(master.state.agents.has(agent.id), true);
});

Deno.test("an agent that does not register again in time becomes unreachable", () => {
  const { agent, framework, master } = running();
  agent.disconnect();
  master.timeout({ type: "AGENT_REREGISTRATION", agentId: agent.id });
  assertEquals(
    framework.lastUpdate,
    [
      "TASK_UNREACHABLE",
      "REASON_AGENT_REMOVED",
      "agent did not reregister within 10mins after disconnecting",
    ],
  );
});

Deno.test("an unreachable agent that returns brings its tasks back, without UUIDs", () => {
  const { agent, framework, master } = running();
  const registration = registrationOf(master, agent.id);
  agent.disconnect();
  master.timeout({ type: "AGENT_REREGISTRATION", agentId: agent.id });
  const before = framework.events.length;
  const back = master.register("", registration);
  assertEquals(framework.events.slice(before).map(summary), [
    "TASK_STAGING REASON_AGENT_REREGISTERED Unreachable agent re-reregistered",
    "OFFERS",
  ]);
  assertEquals(framework.updates.at(-1)?.uuid, undefined);
  assertEquals(back.messages.map(({ type }) => type), ["REGISTERED", "UPDATE_FRAMEWORK"]);
  // What the task takes is not offered.
  assertEquals(framework.offers.at(-1)?.resources?.[0]?.scalar?.value, 3.5);
});

Deno.test("an agent that only lost its link says which tasks are left", () => {
  const { agent, framework, master } = running();
  const registration = registrationOf(master, agent.id);
  agent.disconnect();
  const before = framework.events.length;
  const back = master.register("", { ...registration, tasks: [], executors: [] });
  assertEquals(framework.events.length, before);
  const [registered] = back.messages;
  assert(registered?.type === "REGISTERED");
  assertEquals(registered.reconciliations.map(({ taskIds }) => taskIds), [["t"]]);
  // The allocator learns at once that the executor is gone, but offers wait for the interval.
  assertEquals(master.state.agents.get(agent.id)?.executors.size, 0);
  master.allocate();
  assertEquals(framework.offers.length, 3);
});

Deno.test("a framework that was removed meanwhile is shut down where it reappears", () => {
  const { agent, framework, master } = running();
  const registration = registrationOf(master, agent.id);
  agent.disconnect();
  master.timeout({ type: "AGENT_REREGISTRATION", agentId: agent.id });
  framework.call({ type: "TEARDOWN" });
  const back = master.register("", registration);
  assertEquals(back.messages.map(({ type }) => type), ["REGISTERED", "SHUTDOWN_FRAMEWORK"]);
  assertEquals(master.state.frameworks.size, 0);
});

Deno.test("a new agent at the address of a lost one takes its place", () => {
  const { agent, framework, master } = running();
  const { address } = registrationOf(master, agent.id);
  assert(address);
  agent.disconnect();
  master.register("cpus:1", { address });
  assertEquals(framework.lastUpdate, [
    "TASK_LOST",
    "REASON_AGENT_REMOVED",
    "Agent host removed: a new agent registered at the same address",
  ]);
  assertEquals(master.state.agents.size, 1);
});

Deno.test("an agent that registers anew before its link was seen to break keeps its id", () => {
  const { agent, framework, master } = running();
  const { address } = registrationOf(master, agent.id);
  assert(address);
  const again = master.register("cpus:4;mem:4096;disk:10000", { address });
  assertEquals([again.id, master.state.agents.size], [agent.id, 1]);
  const [registered] = again.messages;
  assert(registered?.type === "REGISTERED");
  assertEquals(registered.reconciliations.map(({ taskIds }) => taskIds), [["t"]]);
  agent.disconnect();
  assertEquals(master.state.agents.get(agent.id)?.linkId, again.linkId);
  assertEquals(framework.updates, []);
});

Deno.test("what a removed agent says is not heard", () => {
  const { agent, framework, master } = running();
  for (let missed = 0; missed < 5; missed++) {
    master.timeout({ type: "AGENT_PING", agentId: agent.id });
  }
  const before = framework.events.length;
  agent.update(framework.id, "t", "TASK_FINISHED");
  assertEquals(framework.events.length, before);
});

Deno.test("the registry names agents before anybody is told of them", () => {
  const master = new LogicalMaster();
  const agent = master.register();
  const types = master.effects.map(({ type }) => type);
  assertEquals(types.indexOf("SAVE_REGISTRY") < types.indexOf("AGENT_MESSAGE"), true);
  const saved = master.effects.find((effect) => effect.type === "SAVE_REGISTRY");
  assert(saved?.type === "SAVE_REGISTRY");
  assertEquals(saved.registry.agents.map(({ id }) => id?.value), [agent.id]);
});
