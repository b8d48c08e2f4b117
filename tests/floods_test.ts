/**
 * What a Mesos says in masses: jobs are launched all the same.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { encodeNodeInfo, nodeInfoMessage } from "../job/node_info.ts";
import { createBatchSystem } from "../mod.ts";
import { schedulerCallCodec, schedulerEventCodec } from "../mesos/wire/codec.ts";
import type { SchedulerCall, SchedulerEvent } from "../mesos/wire/messages.ts";
import type { SchedulerState } from "../scheduler/core/scheduler_state.ts";
import { MAX_STRAYS_PER_SECOND, MAX_WAITING_STRAYS } from "../scheduler/core/stray_tasks.ts";
import { LogicHarness, offer } from "../scheduler/testing.ts";
import { StubMesos } from "./kit/stub_mesos.ts";

const SUBSCRIBED: SchedulerEvent = {
  type: "SUBSCRIBED",
  subscribed: { framework_id: { value: "f" }, heartbeat_interval_seconds: 15 },
};

function stray(id: number): SchedulerEvent {
  const uuid = crypto.getRandomValues(new Uint8Array(16));
  return {
    type: "UPDATE",
    update: {
      status: {
        task_id: { value: `stray-${id}` },
        agent_id: { value: "a1" },
        source: "SOURCE_EXECUTOR",
        state: "TASK_RUNNING",
        uuid,
      },
    },
  };
}

/** Issues a job, has a Mesos say all this and then offer; gives the calls up to the launch. */
async function callsBeforeLaunch(flood: Iterable<SchedulerEvent>): Promise<SchedulerCall[]> {
  const mesos = new StubMesos<SchedulerCall, SchedulerEvent>({
    callCodec: schedulerCallCodec,
    eventCodec: schedulerEventCodec,
  });
  const opening = createBatchSystem({ endpoint: mesos.url.href });
  await mesos.received("SUBSCRIBE");
  mesos.emit(SUBSCRIBED);
  const batch = await opening;
  await batch.issueBatchJob("true", { cores: 1, memory: "64Mi", disk: "1Mi" });
  for (const event of flood) mesos.emit(event);
  mesos.emit({ type: "OFFERS", offers: { offers: [offer({ id: "the one" })] } });
  const calls = mesos.calls.map(({ call }) => call);
  const before = await mesos.received("ACCEPT").then(() => {
    const all = mesos.calls.map(({ call }) => call);
    return all.slice(calls.length, all.findIndex(({ type }) => type === "ACCEPT"));
  });
  await mesos.abandon();
  await batch.detach();
  await batch[Symbol.asyncDispose]();
  return before;
}

Deno.test("a job is launched behind 60,000 updates of unknown tasks, after few calls about them", async () => {
  const before = await callsBeforeLaunch(Array(60_000).keys().map(stray));
  const kills = before.filter(({ type }) => type === "KILL").length;
  // So many in each second that it takes to read the updates, and that is some.
  assert(kills <= 20 * MAX_STRAYS_PER_SECOND, `${kills} kills`);
});

Deno.test("a job is launched behind masses of messages, failures and rescinded offers of strangers", async () => {
  const load = { coresUsed: 0, memoryUsed: 0, coresTotal: 1, memoryTotal: 1, workers: 0 };
  const data = encodeNodeInfo(nodeInfoMessage("stranger", load));
  const events = (id: number): SchedulerEvent[] => {
    const agent_id = { value: `stranger-${id}` };
    const executor_id = { value: `executor-${id}` };
    return [
      { type: "MESSAGE", message: { agent_id, executor_id, data } },
      { type: "FAILURE", failure: { agent_id, executor_id, status: id } },
      { type: "FAILURE", failure: { agent_id } },
      { type: "RESCIND", rescind: { offer_id: { value: `o-${id}` } } },
    ];
  };
  const before = await callsBeforeLaunch(Array(10_000).keys().flatMap(events));
  assert(before.length <= 100, `${before.length} calls`);
});

Deno.test("a job is launched behind masses of inverse offers, which nothing answers", async () => {
  const inverse = (): SchedulerEvent => ({ type: "INVERSE_OFFERS" });
  const before = await callsBeforeLaunch(Array(20_000).keys().map(inverse));
  assert(before.length <= 10, `${before.length} calls`);
});

/** How many entries the collections of a state have, by name. */
function entriesOf(state: SchedulerState): Record<string, number> {
  const count = (value: unknown): number =>
    value instanceof Map || value instanceof Set
      ? value.values().reduce((sum: number, each: unknown) => sum + 1 + count(each), 0)
      : 0;
  const sizes = Object.entries(state).map(([name, value]) => [name, count(value)] as const);
  return Object.fromEntries(sizes.filter(([, size]) => size > 0));
}

Deno.test("nothing is kept of what a Mesos says in masses of strangers, and of one agent's offers", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.pass(60_000);
  const before = entriesOf(harness.state);
  const executorIds = [harness.state.tasks.values().toArray()[0]?.executorId ?? ""];
  const load = { coresUsed: 0, memoryUsed: 0, coresTotal: 1, memoryTotal: 1, workers: 0 };
  const message = nodeInfoMessage("stranger", load);
  const mostStrays = 2 * MAX_WAITING_STRAYS;
  for (let id = 0; id < mostStrays; id++) {
    const stranger = { agentId: `stranger-${id}`, executorId: `executor-${id}` };
    harness.report(`stray-${id}`, id % 2 ? "TASK_RUNNING" : "TASK_LOST", {
      agent_id: { value: stranger.agentId },
    });
    harness.run({ type: "NODE_INFO", ...stranger, message });
    harness.run({ type: "EXECUTOR_LOST", ...stranger, status: 9 });
    harness.run({ type: "AGENT_LOST", agentId: stranger.agentId });
    harness.run({ type: "OFFERS", offers: [offer({ id: `o-${id}`, executorIds })] });
  }
  assertEquals(entriesOf(harness.state), before);
  const answered = Array(100).keys().map(() => {
    const kills = harness.pass(1_000).filter(({ type }) => type === "KILL").length;
    assert(kills <= MAX_STRAYS_PER_SECOND, `${kills} kills in a second`);
    return kills;
  }).reduce((sum, kills) => sum + kills, 0);
  assert(answered <= MAX_WAITING_STRAYS, `${answered} strays were kept`);
  assertEquals(entriesOf(harness.state), before);
});

Deno.test("a job is launched behind 20,000 offers that fit nothing, after few calls about them", async () => {
  const small = (id: number): SchedulerEvent => ({
    type: "OFFERS",
    offers: { offers: [offer({ id: `small-${id}`, agentId: `a-${id}`, cpus: 0.1, mem: 32 })] },
  });
  const before = await callsBeforeLaunch(Array(20_000).keys().map(small));
  assert(before.length <= 100, `${before.length} calls`);
});
