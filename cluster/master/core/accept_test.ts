import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Offer, TaskInfo } from "../../../mesos/wire/messages.ts";
import { idleExecutor, scalar, task } from "../../testing.ts";
import { type LogicalAgent, type LogicalFramework, LogicalMaster } from "../testing.ts";

interface Setting {
  master: LogicalMaster;
  agent: LogicalAgent;
  framework: LogicalFramework;
  offer: Offer;
}

function setting(info = {}): Setting {
  const master = new LogicalMaster();
  const agent = master.register("cpus:4;mem:4096;disk:10000");
  const framework = master.subscribe(info);
  const [offer] = framework.offers;
  assert(offer);
  return { master, agent, framework, offer };
}

/** The message of the TASK_ERROR that a task causes. */
function taskError(change: (task: TaskInfo, offer: Offer) => TaskInfo): string | undefined {
  const { framework, offer, agent } = setting();
  framework.launch([offer], [change(task("t", offer), offer)]);
  const [state, reason, message] = framework.lastUpdate;
  if (state === undefined) return undefined;
  assertEquals([state, reason], ["TASK_ERROR", "REASON_TASK_INVALID"]);
  assertEquals(framework.updates.at(-1)?.uuid, undefined);
  assertEquals(agent.launched, []);
  return message;
}

const CPU = scalar("cpus", 1);

const CASES: [string, (task: TaskInfo) => TaskInfo, string | undefined][] = [
  ["a sound task", (task) => task, undefined],
  ["an empty id", (task) => ({ ...task, task_id: { value: "" } }), "ID must not be empty"],
  [
    "a slash",
    (task) => ({ ...task, task_id: { value: "a/b" } }),
    "'a/b' contains invalid characters",
  ],
  [
    "another agent",
    (task) => ({ ...task, agent_id: { value: "elsewhere" } }),
    "Task uses invalid agent elsewhere while agent M-S0 is expected",
  ],
  ["no resources", (task) => ({ ...task, resources: [] }), "Task uses no resources"],
  [
    "a bad resource",
    (task) => ({ ...task, resources: [scalar("cpus", -1)] }),
    "Task uses invalid resources: Resource 'cpus(allocated: *):-1' is invalid: Invalid scalar" +
    " resource: value <= 0",
  ],
  [
    "a bad resource of the executor",
    (task) => ({ ...task, executor: { ...idleExecutor(), resources: [scalar("cpus", -1)] } }),
    "Executor uses invalid resources: Resource 'cpus(allocated: *):-1' is invalid: Invalid scalar" +
    " resource: value <= 0",
  ],
  [
    "two roles",
    (task) => ({ ...task, resources: [CPU, scalar("mem", 1, "a")] }),
    "Task uses invalid resources: The resources have multiple allocation roles ('*' and 'a') but" +
    " only one allocation role is allowed",
  ],
  [
    "part of a gpu",
    (task) => ({ ...task, resources: [scalar("gpus", 0.5)] }),
    "Task uses invalid resources: The 'gpus' resource must be an unsigned" +
    " integer",
  ],
  [
    "no executor",
    ({ executor: _, ...task }) => task,
    "Task should have ExecutorInfo present: this Mesos has no executor itself",
  ],
  [
    "an executor without command",
    (task) => ({ ...task, executor: { executor_id: { value: "e" } } }),
    "'ExecutorInfo.command' must be set",
  ],
  [
    "an executor with part of a gpu",
    (task) => ({ ...task, executor: { ...idleExecutor(), resources: [scalar("gpus", 0.5)] } }),
    "Executor uses invalid resources: The 'gpus' resource must be an" +
    " unsigned integer",
  ],
  [
    "an executor of two roles",
    (task) => ({
      ...task,
      executor: { ...idleExecutor(), resources: [CPU, scalar("mem", 1, "a")] },
    }),
    "Executor uses invalid resources: The resources have multiple allocation roles ('*' and 'a')" +
    " but only one allocation role is allowed",
  ],
  [
    "an executor of a bad name",
    (task) => ({ ...task, executor: idleExecutor("..") }),
    "'..' is disallowed",
  ],
  [
    "an executor of another framework",
    (task) => ({ ...task, executor: { ...idleExecutor(), framework_id: { value: "F" } } }),
    "ExecutorInfo has an invalid FrameworkID (Actual: F vs Expected: M-0000)",
  ],
  [
    "too much together",
    (task) => ({
      ...task,
      resources: [scalar("cpus", 3)],
      executor: { ...idleExecutor(), resources: [scalar("cpus", 2)] },
    }),
    "Total resources cpus(allocated: *):5 required by task and its executor is more than available" +
    " cpus(allocated: *):4; mem(allocated: *):4096; disk(allocated: *):10000",
  ],
];

for (const [what, change, expected] of CASES) {
  Deno.test(`accept() of ${what} gives ${expected ?? "no error"}`, () => {
    assertEquals(taskError(change), expected);
  });
}

Deno.test("accept() fills in the role of the offer and the framework of the executor", () => {
  const { framework, offer, agent } = setting();
  const { allocation_info: _, ...cpus } = CPU;
  framework.launch([offer], [{ ...task("t", offer), resources: [cpus] }]);
  const run = agent.messages.find(({ type }) => type === "RUN_TASK");
  assert(run?.type === "RUN_TASK");
  assertEquals(run.task.resources, [CPU]);
  assertEquals(run.task.executor?.framework_id, { value: framework.id });
  assertEquals(run.launchExecutor, true);
});

Deno.test("accept() launches one executor for many tasks, and counts it once", () => {
  const { framework, offer, agent, master } = setting();
  const executor = { ...idleExecutor(), resources: [scalar("cpus", 1)] };
  const tasks = ["a", "b", "c"].map((id) => task(id, offer, { cpus: 1, executor }));
  framework.launch([offer], tasks, 0);
  assertEquals(agent.launched, ["a", "b", "c"]);
  const launches = agent.messages.map((message) =>
    message.type === "RUN_TASK" && message.launchExecutor
  );
  assertEquals(launches.filter(Boolean).length, 1);
  master.allocate();
  // Four cpus, less three tasks and one executor.
  const left = framework.offers.at(-1)?.resources?.map(({ name }) => name);
  assertEquals(left?.sort(), ["disk", "mem"]);
});

Deno.test("accept() refuses another executor by the name of one that is there", () => {
  const { framework, offer, master } = setting();
  framework.launch([offer], [task("a", offer)], 0);
  master.allocate();
  const [, second] = framework.offers;
  assert(second);
  assertEquals(second.executor_ids, [{ value: "toil-1" }]);
  const executor = idleExecutor("toil-1", "something else");
  framework.launch([second], [task("b", second, { executor })]);
  assertStringIncludes(
    framework.lastUpdate[2] ?? "",
    "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.",
  );
});

Deno.test("accept() takes an executor that differs in nothing that matters for the same", () => {
  const { framework, offer } = setting();
  const first = { ...idleExecutor(), command: { value: "x", uris: [{ value: "/u" }] } };
  const same = {
    ...first,
    labels: { labels: [{ key: "k" }] },
    shutdown_grace_period: { nanoseconds: 1 },
  };
  framework.launch([offer], [
    task("a", offer, { executor: first }),
    task("b", offer, { executor: same }),
  ]);
  assertEquals(framework.updates, []);
});

Deno.test("accept() refuses the id of a live task, and of one out of reach", () => {
  const { framework, offer, master, agent } = setting();
  framework.launch([offer], [task("t", offer), task("t", offer)], 0);
  assertEquals(framework.lastUpdate[2], "Task has duplicate ID: t");
  agent.disconnect();
  master.timeout({ type: "AGENT_REREGISTRATION", agentId: agent.id });
  master.register();
  const second = framework.offers.at(-1);
  assert(second);
  framework.launch([second], [task("t", second)]);
  assertEquals(framework.lastUpdate[2], "Task reuses the ID of an unreachable task: t");
});

Deno.test("accept() of bad offers drops the tasks and takes back the good ones", () => {
  const { framework, offer, master } = setting();
  const missing = { ...offer, id: { value: "gone" } };
  framework.launch([offer, missing], [task("t", offer)]);
  assertEquals(framework.lastUpdate, [
    "TASK_DROPPED",
    "REASON_INVALID_OFFERS",
    "Task launched with invalid offers: Offer gone is no longer valid",
  ]);
  assertEquals(master.state.offers.size, 0);
  master.allocate();
  assertEquals(framework.offers.length, 2);
  const [, again] = framework.offers;
  assert(again);
  framework.launch([again, again], [task("t", again)]);
  assertEquals(
    framework.lastUpdate[2],
    `Task launched with invalid offers: Duplicate offer ${again.id.value} in offer list`,
  );
  framework.launch([], [task("t", again)]);
  assertEquals(framework.lastUpdate[2], "Task launched with invalid offers: No offers specified");
});

Deno.test("accept() of other frameworks' offers, and of two agents', is refused", () => {
  const { framework, offer, master } = setting();
  master.register("cpus:1");
  const [, other] = framework.offers;
  assert(other);
  framework.launch([offer, other], [task("t", offer)]);
  assertEquals(
    framework.lastUpdate[2],
    "Task launched with invalid offers: Aggregated offers must belong to one role and one agent:" +
      " role '*' of agent M-S0, role '*' of agent M-S1",
  );
  const stranger = master.subscribe();
  const [theirs] = stranger.offers;
  assert(theirs);
  framework.launch([theirs], [task("t", theirs)]);
  assertStringIncludes(
    framework.lastUpdate[2] ?? "",
    `has invalid framework ${stranger.id} while framework ${framework.id} is expected`,
  );
});

Deno.test("accept() of offers to two roles is refused", () => {
  const master = new LogicalMaster();
  master.register("cpus:2;cpus(b):1");
  const framework = master.subscribe({ roles: ["a", "b"] });
  const [offer, other] = framework.offers;
  assert(offer && other);
  framework.launch([offer, other], [task("t", offer)]);
  assertEquals(
    framework.lastUpdate[2],
    "Task launched with invalid offers: Aggregated offers must belong to one role and one agent:" +
      " role 'a' of agent M-S0, role 'b' of agent M-S0",
  );
});

Deno.test("accept() of several offers of one agent uses their sum", () => {
  const { framework, offer, master, agent } = setting();
  framework.launch([offer], [task("a", offer, { cpus: 2, mem: 64, disk: 1 })], 0);
  agent.update(framework.id, "a", "TASK_FINISHED");
  master.allocate();
  const [, whole] = framework.offers;
  assert(whole);
  assertEquals(whole.resources?.[0]?.scalar?.value, 4);
});

Deno.test("what an accept() leaves is refused for five seconds by default", () => {
  const { framework, offer, master } = setting();
  framework.launch([offer], [task("a", offer)]);
  master.nowMs += 4999;
  master.allocate();
  assertEquals(framework.offers.length, 1);
  master.nowMs += 1;
  master.allocate();
  assertEquals(framework.offers.length, 2);
});

Deno.test("reserved resources go to their role, and come back as they were offered", () => {
  const master = new LogicalMaster();
  const agent = master.register("cpus:1;cpus(batch):2");
  const framework = master.subscribe({ roles: ["batch"] });
  const [offer] = framework.offers;
  assert(offer);
  assertEquals(offer.resources?.map(({ role, scalar }) => [role, scalar?.value]), [
    ["batch", 2],
    ["*", 1],
  ]);
  framework.launch([offer], [{ ...task("t", offer), resources: offer.resources ?? [] }]);
  assertEquals(framework.updates, []);
  assertEquals(agent.launched, ["t"]);
});
