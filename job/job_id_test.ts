/**
 * `deno check` is the test: an `@ts-expect-error` above a line that compiles is an error.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { AgentId, TaskId } from "../mesos/ids.ts";
import type { JobId } from "./job_id.ts";

Deno.test("the id of a job does not compile in the place of one of Mesos, nor the other way", () => {
  const jobID: JobId = 7;
  const taskId: TaskId = "7-1";
  const byJob = new Map<JobId, string>([[jobID, "job"]]);
  // @ts-expect-error: the id of a task is no job's.
  const ofTask = byJob.get(taskId);
  // @ts-expect-error: the id of a job is no agent's.
  const agentId: AgentId = jobID;
  // @ts-expect-error: a set of jobs is none of tasks.
  const taskIds: ReadonlySet<TaskId> = new Set([jobID]);
  assertEquals<unknown>([ofTask, agentId, taskIds], [undefined, 7, new Set([7])]);
});

Deno.test("numbers are ids of jobs without an assertion, and ids can be counted with", () => {
  const first: JobId = Number("7");
  const next: JobId = first + 1;
  const count: number = next - first;
  assertEquals([next, count], [8, 1]);
});
