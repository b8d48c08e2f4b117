/**
 * `deno check` is the test: an `@ts-expect-error` above a line that compiles is an error.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { AgentId, ExecutorId, FrameworkId, OfferId, TaskId } from "./ids.ts";
import type { AgentID, TaskID } from "./wire/messages.ts";

interface Kinds {
  agent: AgentId;
  executor: ExecutorId;
  framework: FrameworkId;
  offer: OfferId;
  task: TaskId;
}

/** The pairs of kinds of which an id of the first compiles in the place of the second. */
type MixUps = {
  [From in keyof Kinds]: {
    [To in keyof Kinds]: From extends To ? never
      : Kinds[From] extends Kinds[To] ? `${From} for ${To}`
      : never;
  }[keyof Kinds];
}[keyof Kinds];

Deno.test("an id of Mesos does not compile in the place of one of another kind", () => {
  const isFree: [MixUps] extends [never] ? true : MixUps = true;
  const agentId: AgentId = "agent";
  const taskId: TaskId = "task";
  const byTask = new Map<TaskId, string>();
  // @ts-expect-error: the id of an agent is no task's.
  byTask.set(agentId, "");
  // @ts-expect-error: nor is it one to look for.
  byTask.get(agentId);
  // @ts-expect-error: a map by agents is none by tasks.
  const byAgent: Map<AgentId, string> = byTask;
  // @ts-expect-error: a list of agents is none of tasks.
  const taskIds: readonly TaskId[] = [agentId];
  // @ts-expect-error: a message of Mesos holds the id of its own kind.
  const message: TaskID = { value: agentId };
  // @ts-expect-error: what was read from a message keeps its kind.
  const read: TaskId = agentMessage("agent").value;
  // @ts-expect-error: an attempt may have no task yet, but never an agent for a task.
  const found: AgentId | undefined = [taskId].find((each) => each !== "");
  assertEquals<unknown>([isFree, byAgent, taskIds, message, read, found], [
    true,
    new Map([["agent", ""]]),
    ["agent"],
    { value: "agent" },
    "agent",
    "task",
  ]);
});

function agentMessage(value: AgentId): AgentID {
  return { value };
}

Deno.test("literals and text from outside are ids without an assertion, and ids are text", () => {
  const given: string = JSON.parse('"agent"');
  const agentId: AgentId = given;
  const taskId: TaskId = `${agentId}-1`;
  const text: string = taskId;
  const message: TaskID = { value: text };
  assertEquals([agentId, message], ["agent", { value: "agent-1" }]);
});
