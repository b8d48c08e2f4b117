import { assertEquals, assertNotEquals } from "@std/assert";
import { spec } from "../testing.ts";
import type { JobRecord, JobSpec } from "./records.ts";
import { attemptOf, jobIDOf, taskIdOf } from "./task_ids.ts";

function job(rest: Partial<JobSpec> = {}): JobRecord {
  return { jobID: 7, spec: spec(rest), attempt: 3, killRequested: false };
}

Deno.test("taskIdOf() differs by process, so that no id is used twice", () => {
  assertEquals(taskIdOf(job(), ""), "7-3");
  assertEquals(/^7-3-0a1b2c3d[0-9a-f]{4}$/.test(taskIdOf(job(), "0a1b2c3d")), true);
  assertNotEquals(taskIdOf(job(), "0a1b2c3d"), taskIdOf(job(), "0a1b2c3e"));
});

Deno.test("attemptOf() knows the ids of a job by what the job is", () => {
  const taskId = taskIdOf(job(), "0a1b2c3d");
  assertEquals([jobIDOf(taskId), attemptOf(taskId, job())], [7, 3]);
  const others = [
    job({ command: "false" }),
    job({ name: "other" }),
    job({ fileDigest: "d" }),
    { ...job(), jobID: 8 },
  ];
  for (const other of others) assertEquals(attemptOf(taskId, other), undefined);
  for (const strange of ["", "7", "7-3", "7-3-", "../../x", "7-3-0a1b2c3dzzzz", "x-y-z"]) {
    assertEquals(attemptOf(strange, job()), undefined, strange);
  }
});
