import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { advance, type JobList, type ListEffect, type ListInput, newJobList } from "./job_list.ts";

const OK = { exitStatus: 0, wallTimeSeconds: 1 };

/** Applies inputs; gives the effects of the last. */
function after(list: JobList, ...inputs: ListInput[]): [JobList, readonly ListEffect[]] {
  let effects: readonly ListEffect[] = [];
  for (const input of inputs) ({ list, effects } = advance(list, input));
  return [list, effects];
}

const spawned = (jobID: number): ListInput => ({ type: "JOB", jobID, input: { type: "SPAWNED" } });
const exited = (jobID: number, killed = false): ListInput => ({
  type: "JOB",
  jobID,
  input: { type: "EXITED", outcome: OK, killed },
});

Deno.test("advance() gives each job its turn, and is over after the last", () => {
  const [second, effects] = after(newJobList([1, 2]), spawned(1), exited(1));
  assertEquals(effects, [
    { type: "ENDED", jobID: 1, state: "TASK_FINISHED", outcome: OK },
    { type: "BEGIN", jobID: 2 },
  ]);
  const [over, last] = after(second, spawned(2), exited(2));
  assertEquals(last.map(({ type }) => type), ["ENDED", "OVER"]);
  assertEquals(over.current, undefined);
});

Deno.test("advance() begins the next job when one can't be begun", () => {
  const outcome = { reason: "why" };
  const input = { type: "JOB", jobID: 1, input: { type: "NOT_STARTED", outcome } } as const;
  const [, effects] = after(newJobList([1, 2]), input);
  assertEquals(effects, [
    { type: "ENDED", jobID: 1, state: "TASK_ERROR", outcome },
    { type: "BEGIN", jobID: 2 },
  ]);
});

Deno.test("advance() kills jobs that wait without beginning them, and lets the others run", () => {
  const kill = { type: "KILL_JOBS", jobIDs: [2, 9], graceMs: 5 } as const;
  const [list, effects] = after(newJobList([1, 2, 3]), spawned(1), kill);
  assertEquals(effects.map((each) => [each.type, "jobID" in each && each.jobID]), [["ENDED", 2]]);
  assertEquals([list.current, list.waiting, list.isKilled], [1, [3], false]);
  const [, then] = after(list, { ...kill, jobIDs: [1] });
  assertEquals(then, [{ type: "KILL", graceMs: 5 }]);
});

Deno.test("advance() goes on with the next job when one is killed before it was begun", () => {
  const kill = { type: "KILL_JOBS", jobIDs: [1], graceMs: 5 } as const;
  const [list, effects] = after(newJobList([1, 2]), kill);
  assertEquals(effects.map(({ type }) => type), ["ENDED", "BEGIN"]);
  // What was being prepared is not used any more.
  assertEquals(after(list, spawned(1))[1], []);
});

Deno.test("advance() kills all jobs of a task: those that wait at once, the last one by force", () => {
  const [list, effects] = after(newJobList([1, 2]), spawned(1), { type: "KILL", graceMs: 5 });
  assertEquals(effects.map(({ type }) => type), ["ENDED", "KILL"]);
  assertEquals(after(list, exited(1, true))[1].map((each) => each), [
    { type: "ENDED", jobID: 1, state: "TASK_KILLED", outcome: OK },
    { type: "OVER", isKilled: true },
  ]);
});

Deno.test("advance() gives back what waits, and not what runs", () => {
  const [list, effects] = after(newJobList([1, 2, 3]), spawned(1), { type: "GIVE_BACK" });
  assertEquals(effects, [{ type: "GIVEN_BACK", jobIDs: [2, 3] }]);
  assertEquals(after(list, { type: "GIVE_BACK" })[1], []);
  assertEquals(after(list, exited(1))[1].map(({ type }) => type), ["ENDED", "OVER"]);
});

const anyInput: fc.Arbitrary<ListInput | "step"> = fc.oneof(
  { weight: 6, arbitrary: fc.constant("step" as const) },
  { weight: 1, arbitrary: fc.constant<ListInput>({ type: "KILL", graceMs: 0 }) },
  { weight: 1, arbitrary: fc.constant<ListInput>({ type: "GIVE_BACK" }) },
  {
    weight: 2,
    arbitrary: fc.array(fc.integer({ min: 1, max: 12 })).map((jobIDs): ListInput => ({
      type: "KILL_JOBS",
      jobIDs,
      graceMs: 0,
    })),
  },
);

Deno.test("advance() begins no job twice, and each ends or is given back exactly once", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 10 }),
    fc.array(anyInput, { maxLength: 60 }),
    (count, inputs) => {
      const jobs = Array.from({ length: count }, (_, index) => index + 1);
      let list = newJobList(jobs);
      const begun = [1];
      const done: number[] = [];
      let overs = 0;
      const apply = (input: ListInput) => {
        const transition = advance(list, input);
        list = transition.list;
        for (const effect of transition.effects) {
          if (effect.type === "BEGIN") begun.push(effect.jobID);
          if (effect.type === "ENDED") done.push(effect.jobID);
          if (effect.type === "GIVEN_BACK") done.push(...effect.jobIDs);
          if (effect.type === "OVER") overs++;
        }
      };
      const step = () => {
        const { current, stage } = list;
        if (current !== undefined) apply((stage === "PREPARING" ? spawned : exited)(current));
      };
      for (const input of inputs) {
        if (input === "step") step();
        else apply(input);
      }
      while (list.current !== undefined) step();
      assertEquals(new Set(begun).size, begun.length);
      assertEquals(done.toSorted((a, b) => a - b), jobs);
      assertEquals(overs, 1);
      assert(list.waiting.length === 0);
    },
  ));
});
