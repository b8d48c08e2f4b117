import { assertEquals } from "@std/assert";
import { encodeOutcome } from "../../job/task_outcome.ts";
import type { MesosResource, Offer, TaskInfo } from "../../mesos/wire/messages.ts";
import { executorIdFor } from "../executor_id.ts";
import { LogicHarness, MIB, offer, scalar, SETTINGS, shape, spec } from "../testing.ts";
import { atLeastMinimum, capacityForJobs, cpusToBorrow } from "./executor_share.ts";
import { NOTHING } from "./quantities.ts";
import { schedulingStatus } from "./scheduling_status.ts";

const FINISHED = encodeOutcome({ exitStatus: 0, wallTimeSeconds: 1.5 });

function cpusOf(resources: readonly MesosResource[] | undefined): number {
  const entries = (resources ?? []).filter(({ name }) => name === "cpus");
  return Math.round(entries.reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0) * 1000);
}

/** An offer of an agent on which the executor of these tasks runs. */
function nextOffer(tasks: readonly TaskInfo[], cpus: number): Offer {
  return offer({ cpus, executorIds: [tasks[0]?.executor?.executor_id.value ?? ""] });
}

function cores(count: number) {
  return spec({ shape: shape({ cpusMilli: count * 1000 }) });
}

function subscribed(...jobs: ReturnType<typeof spec>[]): LogicHarness {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(...jobs);
  return harness;
}

Deno.test("a job that needs all cores of a node runs there, on an executor that holds some cpu", () => {
  const harness = subscribed(cores(4), cores(4));
  const first = harness.offer(offer({ cpus: 4 }));
  assertEquals(first.map(({ resources }) => cpusOf(resources)), [3990]);
  assertEquals(cpusOf(first[0]?.executor?.resources), 10);
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  const second = harness.offer(nextOffer(first, 3.99));
  assertEquals(second.map(({ resources }) => cpusOf(resources)), [3990]);
});

Deno.test("an executor's share is lent to one task at a time, and back when that has ended", () => {
  const harness = subscribed(cores(1), cores(1), cores(1), cores(1));
  const tasks = harness.offer(offer({ cpus: 2 }));
  assertEquals(tasks.map(({ resources }) => cpusOf(resources)), [1000, 990]);
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  assertEquals(harness.offer(nextOffer(tasks, 0.99)), [], "the share is lent");
  const [third] = harness.offer(nextOffer(tasks, 1));
  assertEquals(cpusOf(third?.resources), 1000, "what is offered is taken before anything is lent");
  harness.report("2-1", "TASK_FINISHED", FINISHED);
  const [fourth] = harness.offer(nextOffer(tasks, 0.99));
  assertEquals(cpusOf(fourth?.resources), 990);
});

Deno.test("what is lent is known after a restart", () => {
  const harness = subscribed(cores(2), cores(1));
  const tasks = harness.offer(offer({ cpus: 2 }));
  assertEquals(tasks.length, 1);
  harness.restart();
  harness.subscribe();
  assertEquals(harness.offer(nextOffer(tasks, 0.99)), []);
  assertEquals(harness.offer(nextOffer(tasks, 1)).length, 1);
});

Deno.test("what is lent is counted once in what an agent has", () => {
  const harness = subscribed(cores(2));
  harness.offer(offer({ cpus: 2 }));
  harness.offer(offer({ id: "o2", cpus: 1 }));
  assertEquals(harness.state.agents.get("a1")?.capacity.cpusMilli, 3000);
});

Deno.test("two offers of one agent in one round share what its executor can lend", () => {
  const harness = subscribed(cores(1), cores(1));
  const [one, two] = [offer({ cpus: 1.01 }), offer({ id: "o2", cpus: 1 })];
  const tasks = harness.offer(one, two);
  assertEquals(tasks.map(({ resources }) => cpusOf(resources)), [1000, 990]);
  const both = subscribed(cores(1), cores(1));
  assertEquals(both.offer(offer({ cpus: 1 }), offer({ id: "o2", cpus: 0.99 })).length, 1);
});

Deno.test("entries that are reserved are taken as offered, and the share makes up for the rest", () => {
  const harness = subscribed(cores(2));
  const role = { reservations: [{ type: "STATIC" as const, role: "r" }] };
  const reserved = {
    ...offer(),
    resources: [
      scalar("cpus", 1.5, role),
      scalar("cpus", 0.5),
      scalar("mem", 4096),
      scalar("disk", 100),
    ],
  };
  const [task] = harness.offer(reserved);
  assertEquals(cpusOf(task?.executor?.resources) + cpusOf(task?.resources), 2000);
});

Deno.test("cpusToBorrow() leaves every task what Mesos wants it to ask for", () => {
  const room = (cpusMilli: number) => ({ ...NOTHING, cpusMilli });
  assertEquals(cpusToBorrow(room(20), room(10), 10), 10);
  assertEquals(cpusToBorrow(room(15), room(5), 10), undefined);
  assertEquals(cpusToBorrow(room(5), room(5), 10), 0);
  assertEquals(cpusToBorrow(room(5), room(4), 10), undefined);
  assertEquals(cpusToBorrow(room(1000), room(980), 10), undefined);
});

Deno.test("atLeastMinimum() raises what an executor asks for to what Mesos wants", () => {
  const least = { cpusMilli: 10, memoryBytes: 32 * MIB, diskBytes: 0, gpus: 0 };
  assertEquals(atLeastMinimum(NOTHING), least);
  const more = { ...least, cpusMilli: 500, memoryBytes: 64 * MIB };
  assertEquals(atLeastMinimum(more), more);
});

Deno.test("capacityForJobs() counts what the executor lends, unless it leaves nothing beside it", () => {
  const executor = { cpusMilli: 500, memoryBytes: MIB, diskBytes: 0, gpus: 0 };
  const capacity = { cpusMilli: 1000, memoryBytes: 3 * MIB, diskBytes: 0, gpus: 0 };
  assertEquals(capacityForJobs(capacity, executor), { ...capacity, memoryBytes: 2 * MIB });
  assertEquals(capacityForJobs({ ...capacity, cpusMilli: 505 }, executor).cpusMilli, 5);
  assertEquals(capacityForJobs({ ...capacity, memoryBytes: 0 }, executor), NOTHING);
});

Deno.test("a node is kept free for a job that needs all of its cores", () => {
  const harness = subscribed(cores(1), cores(4));
  const tasks = harness.offer(offer({ cpus: 1.01 }));
  harness.report("1-1", "TASK_RUNNING");
  // Seen to have four cores in all, one of them in use.
  harness.offer(nextOffer(tasks, 2.99));
  harness.pass(61_000);
  harness.issue(cores(1));
  assertEquals(harness.offer(nextOffer(tasks, 2.99)), [], "the node is kept free");
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  const [large] = harness.offer(nextOffer(tasks, 3.99));
  assertEquals(large?.name === "job" && cpusOf(large.resources), 3990);
});

Deno.test("the freed cores of a node bring offers for a job that needs all of them", () => {
  const harness = subscribed(cores(4), cores(4));
  harness.offer(offer({ cpus: 4 }));
  harness.nowMs += 1000;
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  assertEquals(harness.callTypes().includes("REVIVE"), true);
});

Deno.test("schedulingStatus() knows that a job can have all cores of a node", () => {
  const harness = subscribed(cores(5));
  harness.offer(offer({ cpus: 4 }));
  const status = schedulingStatus(harness.state, SETTINGS, {
    blockedOnly: true,
    nowMs: harness.nowMs,
  });
  assertEquals(status?.includes("the largest node offers 4 cores"), true, status);
});

Deno.test("an executor that was forgotten while its agent was away lends its share again", () => {
  const harness = subscribed(cores(4), cores(4));
  const tasks = harness.offer(offer({ cpus: 4 }));
  harness.report("1-1", "TASK_FINISHED", FINISHED);
  harness.run({ type: "AGENT_LOST", agentId: "a1" });
  const [task] = harness.offer(nextOffer(tasks, 3.99));
  assertEquals(task?.executor, tasks[0]?.executor);
  assertEquals(cpusOf(task?.resources), 3990);
});

Deno.test("an executor of an earlier version, which holds no cpu, gets no jobs any more", () => {
  const harness = new LogicHarness();
  const resources = [scalar("mem", 32)];
  const executorId = executorIdFor(SETTINGS.executorCommand, resources);
  harness.state.setExecutor({ agentId: "a1", role: "*", executorId, resources });
  harness.run({ type: "TICK" });
  harness.restart();
  harness.subscribe();
  harness.issue(cores(1));
  const [task] = harness.offer(offer({ executorIds: [executorId] }));
  assertEquals(cpusOf(task?.executor?.resources), 10);
});
