import { assertEquals } from "@std/assert";
import type { ExecutorCall, TaskStatus } from "../../mesos/wire/messages.ts";
import { uuidOf } from "../master/testing.ts";
import { executorCallError } from "./executor_call.ts";

const IDS = { framework_id: { value: "F" }, executor_id: { value: "E" } };

const GOOD: TaskStatus = {
  task_id: { value: "1" },
  state: "TASK_RUNNING",
  source: "SOURCE_EXECUTOR",
  uuid: uuidOf(1),
};

function update(change: Partial<TaskStatus>): Partial<ExecutorCall> {
  return { type: "UPDATE", update: { status: { ...GOOD, ...change } } };
}

const CALLS: [string, Partial<ExecutorCall>, string | undefined][] = [
  ["a good update", update({ executor_id: { value: "E" } }), undefined],
  ["no type", {}, "Expecting 'type' to be present"],
  ["SUBSCRIBE alone", { type: "SUBSCRIBE" }, "Expecting 'subscribe' to be present"],
  ["UPDATE alone", { type: "UPDATE" }, "Expecting 'update' to be present"],
  ["MESSAGE alone", { type: "MESSAGE" }, "Expecting 'message' to be present"],
  ["HEARTBEAT alone", { type: "HEARTBEAT" }, undefined],
  ["an update without a UUID", {
    type: "UPDATE",
    update: { status: { task_id: GOOD.task_id, state: "TASK_RUNNING" } },
  }, "Expecting 'uuid' to be present"],
  ["a UUID too short", update({ uuid: new Uint8Array(15) }), "Not a valid UUID"],
  ["a UUID of no version", update({ uuid: new Uint8Array(16) }), "Not a valid UUID"],
  [
    "another executor",
    update({ executor_id: { value: "other" } }),
    "ExecutorID in Call does not match ExecutorID in TaskStatus",
  ],
  [
    "another source",
    update({ source: "SOURCE_AGENT" }),
    "Invalid source, expecting 'SOURCE_EXECUTOR'",
  ],
  [
    "TASK_STAGING",
    update({ state: "TASK_STAGING" }),
    "TASK_STAGING is not allowed",
  ],
];

for (const [name, call, error] of CALLS) {
  Deno.test(`executorCallError() of ${name} is ${error ?? "none"}`, () => {
    assertEquals(executorCallError({ ...IDS, ...call }), error);
  });
}
