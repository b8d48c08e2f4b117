import { assert, assertEquals } from "@std/assert";
import { task } from "../../testing.ts";
import { type LogicalFramework, LogicalMaster } from "../testing.ts";

const AGENT = { hostname: "host", port: 5051, id: { value: "old-S0" }, resources: [] };

function ask(framework: LogicalFramework, taskId: string, agentId?: string): string[] {
  const before = framework.updates.length;
  framework.call({
    type: "RECONCILE",
    reconcile: {
      tasks: [{
        task_id: { value: taskId },
        ...(agentId === undefined ? {} : { agent_id: { value: agentId } }),
      }],
    },
  });
  return framework.updates.slice(before).map(({ state, message, uuid }) => {
    assertEquals(uuid, undefined);
    return `${state} ${message}`;
  });
}

Deno.test("reconcile() while agents have not come back after a restart gives no answer", () => {
  const master = new LogicalMaster({ registry: { agents: [AGENT], unreachable: {} } });
  assertEquals(master.take({ type: "START" }), [{
    type: "SET_TIMER",
    timeout: { type: "RECOVERED_AGENTS" },
    afterMs: 600_000,
  }]);
  const framework = master.subscribe();
  assertEquals(ask(framework, "t"), []);
  assertEquals(ask(framework, "t", "old-S0"), []);
  assertEquals(ask(framework, "t", "other-S0"), ["TASK_UNKNOWN Reconciliation: Task is unknown"]);
  master.timeout({ type: "RECOVERED_AGENTS" });
  assertEquals(framework.events.at(-1), {
    type: "FAILURE",
    failure: { agent_id: { value: "old-S0" } },
  });
  assertEquals(ask(framework, "t", "old-S0"), [
    "TASK_UNREACHABLE Reconciliation: Task is unreachable",
  ]);
  assertEquals(framework.updates.at(-1)?.unreachable_time?.nanoseconds, master.nowMs * 1e6);
  assertEquals(ask(framework, "t"), ["TASK_UNKNOWN Reconciliation: Task is unknown"]);
});

Deno.test("reconcile() of a task that a registered agent does not know is TASK_GONE", () => {
  const master = new LogicalMaster();
  const agent = master.register();
  const framework = master.subscribe();
  assertEquals(ask(framework, "t", agent.id), [
    "TASK_GONE Reconciliation: Task is unknown to the agent",
  ]);
});

Deno.test("reconcile() of nothing tells all live tasks, as last told to the framework", () => {
  const master = new LogicalMaster();
  const agent = master.register("cpus:4;mem:4096;disk:100");
  const framework = master.subscribe();
  const [offer] = framework.offers;
  assert(offer);
  framework.launch([offer], [task("a", offer), task("b", offer)]);
  agent.update(framework.id, "a", "TASK_RUNNING");
  const before = framework.updates.length;
  framework.call({ type: "RECONCILE", reconcile: {} });
  assertEquals(
    framework.updates.slice(before).map(({ task_id, state, reason }) => [
      task_id.value,
      state,
      reason,
    ]),
    [["a", "TASK_RUNNING", "REASON_RECONCILIATION"], [
      "b",
      "TASK_STAGING",
      "REASON_RECONCILIATION",
    ]],
  );
});
