import { assert, assertEquals } from "@std/assert";
import type { Offer } from "../../../mesos/wire/messages.ts";
import { task } from "../../testing.ts";
import { type LogicalAgent, type LogicalFramework, LogicalMaster, uuidOf } from "../testing.ts";

function running(): {
  master: LogicalMaster;
  agent: LogicalAgent;
  framework: LogicalFramework;
  offer: Offer;
} {
  const master = new LogicalMaster();
  const agent = master.register("cpus:4;mem:4096;disk:10000");
  const framework = master.subscribe();
  const [offer] = framework.offers;
  assert(offer);
  framework.launch([offer], [task("t", offer)], 0);
  return { master, agent, framework, offer };
}

Deno.test("kill() goes to the agent with the policy, and again as often as it is asked", () => {
  const { agent, framework } = running();
  const kill_policy = { grace_period: { nanoseconds: 5e9 } };
  const kill = { task_id: { value: "t" }, agent_id: { value: agent.id }, kill_policy };
  framework.call({ type: "KILL", kill });
  framework.call({ type: "KILL", kill: { task_id: { value: "t" } } });
  const message = { type: "KILL_TASK" as const, frameworkId: framework.id, taskId: "t" };
  assertEquals(agent.messages.slice(-2), [{ ...message, killPolicy: kill_policy }, message]);
});

Deno.test("kill() of an unknown task is a question, and of another agent's nothing", () => {
  const { agent, framework } = running();
  framework.call({ type: "KILL", kill: { task_id: { value: "x" } } });
  assertEquals(framework.lastUpdate, [
    "TASK_UNKNOWN",
    "REASON_RECONCILIATION",
    "Reconciliation: Task is unknown",
  ]);
  const before = agent.messages.length;
  const kill = { task_id: { value: "t" }, agent_id: { value: "elsewhere" } };
  framework.call({ type: "KILL", kill });
  assertEquals(agent.messages.length, before);
});

Deno.test("a kill that the agent missed is repeated when it registers again", () => {
  const { master, agent, framework } = running();
  agent.disconnect();
  framework.call({ type: "KILL", kill: { task_id: { value: "t" } } });
  const { info, tasks, executors } = master.state.agents.get(agent.id) ?? {};
  assert(info && tasks && executors);
  const back = master.register("", {
    info,
    tasks: [...tasks.values()].flatMap((byId) => [...byId.values()]),
    executors: [...executors.values()].flatMap((byId) => [...byId.values()]),
  });
  assertEquals(back.messages.filter(({ type }) => type === "KILL_TASK").length, 1);
});

Deno.test("an update frees resources at the end of a task, and the task is gone once acknowledged", () => {
  const { master, agent, framework } = running();
  agent.update(framework.id, "t", "TASK_RUNNING", 1);
  agent.update(framework.id, "t", "TASK_FINISHED", 2);
  framework.call({ type: "REVIVE" });
  assertEquals(framework.offers.at(-1)?.resources?.[0]?.scalar?.value, 4);
  const acknowledge = (uuid: number) =>
    framework.call({
      type: "ACKNOWLEDGE",
      acknowledge: { agent_id: { value: agent.id }, task_id: { value: "t" }, uuid: uuidOf(uuid) },
    });
  const { tasks } = master.state.frameworks.get(framework.id) ?? {};
  acknowledge(1);
  assertEquals(tasks?.size, 1);
  acknowledge(2);
  assertEquals(tasks?.size, 0);
  assertEquals(agent.messages.slice(-2).map(({ type }) => type), ["ACKNOWLEDGE", "ACKNOWLEDGE"]);
});

Deno.test("a later state that comes with an earlier update frees resources too", () => {
  const { agent, framework } = running();
  const status = {
    task_id: { value: "t" },
    agent_id: { value: agent.id },
    state: "TASK_RUNNING" as const,
    uuid: uuidOf(1),
  };
  agent.tell({
    type: "STATUS_UPDATE",
    frameworkId: framework.id,
    status,
    latestState: "TASK_FAILED",
  });
  assertEquals(framework.lastUpdate[0], "TASK_RUNNING");
  framework.call({ type: "REVIVE" });
  assertEquals(framework.offers.at(-1)?.resources?.[0]?.scalar?.value, 4);
});

Deno.test("messages go both ways, and an executor's end is told once", () => {
  const { agent, framework } = running();
  const ids = { agent_id: { value: agent.id }, executor_id: { value: "toil-1" } };
  const data = new Uint8Array([1]);
  framework.call({ type: "MESSAGE", message: { ...ids, data } });
  framework.call({ type: "SHUTDOWN", shutdown: ids });
  const executor = { frameworkId: framework.id, executorId: "toil-1" };
  assertEquals(agent.messages.slice(-2), [
    { type: "FRAMEWORK_MESSAGE", ...executor, data },
    { type: "SHUTDOWN_EXECUTOR", ...executor },
  ]);
  agent.tell({ type: "EXECUTOR_MESSAGE", ...executor, data });
  agent.tell({ type: "EXITED_EXECUTOR", ...executor, status: 9 });
  agent.tell({ type: "EXITED_EXECUTOR", ...executor, status: 9 });
  assertEquals(framework.events.slice(-2), [
    { type: "MESSAGE", message: { ...ids, data } },
    { type: "FAILURE", failure: { ...ids, status: 9 } },
  ]);
});

Deno.test("calls that need no answer change nothing", () => {
  const { framework, master } = running();
  const offers = { inverse_offer_ids: [] };
  framework.call({ type: "ACCEPT_INVERSE_OFFERS", accept_inverse_offers: offers });
  framework.call({ type: "DECLINE_INVERSE_OFFERS", decline_inverse_offers: offers });
  framework.call({ type: "REQUEST" });
  framework.decline({ id: { value: "gone" } } as Offer);
  assertEquals(master.effects.at(-1)?.type, "AGENT_MESSAGE");
});

Deno.test("a call about a strange role is dropped as a whole", () => {
  const { framework, master } = running();
  framework.call({ type: "SUPPRESS", suppress: { roles: ["*", "strange"] } });
  master.allocate();
  assertEquals(framework.offers.length, 2);
  framework.call({ type: "SUPPRESS", suppress: { roles: ["*"] } });
  framework.decline(framework.offers[1], 0);
  framework.call({ type: "REVIVE", revive: { roles: ["strange"] } });
  assertEquals(framework.offers.length, 2);
});
