import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { spec } from "../testing.ts";
import type { JobSpec } from "./records.ts";
import {
  attemptIdIn,
  attemptIdOf,
  attemptsOf,
  type IdentifiedJob,
  isBundle,
  MAX_TASK_ID_CHARACTERS,
  taskIdOf,
} from "./task_ids.ts";

const EPOCH = "0a1b2c3d";

function job(rest: Partial<JobSpec> = {}): IdentifiedJob {
  return { jobID: 7, spec: spec(rest), attempt: 3 };
}

Deno.test("attemptIdOf() differs by process, so that no id is used twice", () => {
  assertEquals(attemptIdOf(job(), ""), "7-3");
  assertEquals(/^7-3-0a1b2c3d[0-9a-f]{4}$/.test(attemptIdOf(job(), EPOCH)), true);
  assertNotEquals(attemptIdOf(job(), EPOCH), attemptIdOf(job(), "0a1b2c3e"));
});

Deno.test("attemptsOf() knows the attempt at a job by what the job is", () => {
  const taskId = taskIdOf([job()], EPOCH);
  assertEquals(taskId, attemptIdOf(job(), EPOCH));
  const [attempt] = attemptsOf(taskId);
  assertEquals([attempt?.jobID, attempt?.attempt, attempt?.isOf(job().spec)], [7, 3, true]);
  for (const other of [{ command: "false" }, { name: "other" }, { fileDigest: "d" }]) {
    assertEquals(attempt?.isOf(spec(other)), false);
  }
  for (const strange of ["", "7", "7-3", "7-3-", "../../x", "7-3-0a1b2c3dzzzz", "x-y-z"]) {
    assertEquals(attemptsOf(strange), [], strange);
  }
});

const ascendingJobs: fc.Arbitrary<IdentifiedJob[]> = fc.array(
  fc.record({
    step: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 10_000 })),
    attempt: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 200 })),
    command: fc.string(),
  }),
  { minLength: 1, maxLength: 64 },
).map((jobs) => {
  let jobID = 0;
  return jobs.map(({ step, attempt, command }) => {
    jobID += step;
    return { jobID, attempt, spec: spec({ command }) };
  });
});

Deno.test("attemptsOf() gives the jobs that taskIdOf() was made from", () => {
  fc.assert(
    fc.property(ascendingJobs, (jobs) => {
      const taskId = taskIdOf(jobs, EPOCH);
      const attempts = attemptsOf(taskId);
      assertEquals(isBundle(taskId), jobs.length > 1);
      assertEquals(
        attempts.map(({ jobID, attempt }) => [jobID, attempt]),
        jobs.map(({ jobID, attempt }) => [jobID, attempt]),
      );
      assertEquals(attempts.every(({ isOf }, i) => isOf(jobs[i]?.spec ?? spec())), true);
      for (const each of jobs) {
        assertEquals(attemptIdIn(taskId, each), attemptIdOf(each, EPOCH));
      }
    }),
  );
});

Deno.test("a bundle of consecutive jobs has a short id", () => {
  const jobs = Array.from({ length: 64 }, (_, i) => ({ ...job(), jobID: 1_000_000 + i }));
  const first = jobs.map((each) => ({ ...each, attempt: 1 }));
  assertEquals(taskIdOf(first, EPOCH).length < MAX_TASK_ID_CHARACTERS - 20, true);
});

Deno.test("attemptsOf() takes no id that is made up", () => {
  const taskId = taskIdOf([{ ...job(), attempt: 1 }, { ...job(), jobID: 8, attempt: 1 }], EPOCH);
  for (
    const wrong of [`${taskId}0`, `${taskId}00`, taskId.replace("-1-", "-1X999-"), `${taskId}-`]
  ) {
    assertEquals(wrong === taskId ? 1 : attemptsOf(wrong).length, 0, wrong);
  }
});
