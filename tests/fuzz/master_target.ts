/**
 * Calls as a newer, broken or hostile framework might make them, given to the embedded master: it
 * never fails, and what it answers can be sent.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MasterEffect } from "../../cluster/master/core/master_effects.ts";
import { callError } from "../../cluster/master/scheduler_call.ts";
import { updateFramework } from "../../cluster/master/core/framework_subscription.ts";
import { type LogicalFramework, LogicalMaster } from "../../cluster/master/testing.ts";
import { schedulerCallCodec, schedulerEventCodec } from "../../mesos/wire/codec.ts";
import { MessageDecodeError } from "../../mesos/mesos_errors.ts";
import type { SchedulerCall, TaskInfo } from "../../mesos/wire/messages.ts";
import { scalar } from "../../scheduler/testing.ts";
import { capturedCalls } from "./corpus.ts";
import { mutateBytes } from "./mutation.ts";
import { attempt, type Target } from "./target.ts";
import { mutateFields } from "./wire.ts";

interface World {
  readonly master: LogicalMaster;
  readonly framework: LogicalFramework;
  readonly offerId: string;
  readonly agentId: string;
}

/** A master with an agent, whose resources a framework is offered. */
function world(): World {
  const master = new LogicalMaster();
  const framework = master.subscribe();
  const agent = master.register();
  master.allocate();
  return { master, framework, offerId: framework.offers[0]?.id.value ?? "", agentId: agent.id };
}

/** Calls about what is in the world. */
function ownCalls(): Uint8Array[] {
  const { framework, offerId, agentId } = world();
  const framework_id = { value: framework.id };
  const agent_id = { value: agentId };
  const task: TaskInfo = {
    name: "n",
    task_id: { value: "1-1" },
    agent_id,
    resources: [scalar("cpus", 1), scalar("mem", 64)],
    command: { value: "true" },
  };
  const offer_ids = [{ value: offerId }];
  const operations = [{ type: "LAUNCH" as const, launch: { task_infos: [task] } }];
  const calls: SchedulerCall[] = [
    { type: "ACCEPT", framework_id, accept: { offer_ids, operations, filters: {} } },
    { type: "DECLINE", framework_id, decline: { offer_ids, filters: { refuse_seconds: 5 } } },
    { type: "KILL", framework_id, kill: { task_id: { value: "1-1" }, agent_id } },
    { type: "RECONCILE", framework_id, reconcile: { tasks: [{ task_id: { value: "1-1" } }] } },
    { type: "SUPPRESS", framework_id, suppress: { roles: ["*"] } },
    { type: "REVIVE", framework_id, revive: { roles: ["*"] } },
    {
      type: "UPDATE_FRAMEWORK",
      framework_id,
      update_framework: { framework_info: { user: "u", name: "n", id: framework_id } },
    },
    { type: "SUBSCRIBE", subscribe: { framework_info: { user: "u", name: "n", roles: ["a/b"] } } },
  ];
  return calls.map((call) => schedulerCallCodec.encode(call));
}

/** As the HTTP API does it. */
function handle({ master, framework }: World, call: SchedulerCall): MasterEffect[] {
  if (call.type === "SUBSCRIBE" && call.subscribe) {
    return master.take({ type: "SUBSCRIBE", streamId: "another", subscribe: call.subscribe });
  }
  const known = master.state.frameworks.get(framework.id);
  assert(known, "the framework is there");
  if (call.type === "UPDATE_FRAMEWORK" && call.update_framework) {
    updateFramework(master.state, known, call.update_framework);
    return [];
  }
  return master.take({ type: "CALL", framework: known, call });
}

/** Calls, as the embedded master takes them. */
export const masterTarget: Target = {
  name: "master",
  iterations: 400,
  seeds: () => [...ownCalls(), ...capturedCalls("scheduler-protobuf")],
  mutate: (input, chance, others) =>
    (chance.happens(0.9) ? mutateFields(input, chance) : undefined) ??
      mutateBytes(input, chance, { others }),
  check(bytes) {
    const read = attempt(MessageDecodeError, () => schedulerCallCodec.decode(bytes));
    if ("refused" in read || callError(read.value, undefined)) return "refused";
    const here = world();
    const effects = handle(here, read.value);
    const { master } = here;
    for (let round = 0; round < 3 && read.value.type !== "TEARDOWN"; round++) {
      master.nowMs += 1000;
      effects.push(...master.allocate());
    }
    for (const effect of effects) {
      if (effect.type !== "EVENT") continue;
      const again = schedulerEventCodec.decode(schedulerEventCodec.encode(effect.event));
      assertEquals(again.type, effect.event.type);
    }
    return effects.length > 0 ? "answered" : "taken";
  },
};
