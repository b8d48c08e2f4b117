import { assertEquals } from "@std/assert";
import type { TaskState } from "../../mesos/wire/messages.ts";
import type { TaskPhase } from "./records.ts";
import { isAlive, TASK_TRANSITIONS, type TaskAction, type TaskInput } from "./task_transitions.ts";

/*
 * Every phase by every input, written out. Columns: LAUNCHING, STARTING, RUNNING, UNREACHABLE,
 * SETTLING. `-` keep, l launching, s starting, r running, u unreachable, t settle, q requeue or
 * lose, a ask, b requeue, e end, T end as told, x lose, k kill and lose.
 */
const EXPECTED = `
  reported TASK_STAGING          - - - - -
  reported TASK_STARTING         s s - s -
  reported TASK_RUNNING          r r r r -
  reported TASK_KILLING          r r r r -
  reported TASK_FINISHED         e e e e e
  reported TASK_FAILED           e e e e e
  reported TASK_KILLED           e e e e e
  reported TASK_ERROR            e e e e e
  reported TASK_LOST             x x x x x
  reported TASK_DROPPED          q q q q q
  reported TASK_UNREACHABLE      u u u - u
  reported TASK_GONE             x x x x x
  reported TASK_GONE_BY_OPERATOR x x x x x
  reported TASK_UNKNOWN          u u u - u
  told TASK_STAGING              - - - l -
  told TASK_STARTING             s s - s -
  told TASK_RUNNING              r r r r -
  told TASK_KILLING              r r r r -
  told TASK_FINISHED             t t t t -
  told TASK_FAILED               t t t t -
  told TASK_KILLED               T t t t -
  told TASK_ERROR                e e e e e
  told TASK_LOST                 x x x x x
  told TASK_DROPPED              a a a a a
  told TASK_UNREACHABLE          u u u - -
  told TASK_GONE                 t t t t -
  told TASK_GONE_BY_OPERATOR     x x x x T
  told TASK_UNKNOWN              u u u - -
  executor silent                - k k - -
  not launched                   q q q q T
  never begun                    b b b b b
  timeout                        k - - k T
  framework removed              x x x x T
`;

const PHASES: TaskPhase[] = ["LAUNCHING", "STARTING", "RUNNING", "UNREACHABLE", "SETTLING"];

const ACTIONS: Record<string, TaskAction> = {
  "-": "keep",
  l: "launching",
  s: "starting",
  r: "running",
  u: "unreachable",
  t: "settle",
  q: "requeue or lose",
  a: "ask",
  b: "requeue",
  e: "end",
  T: "end as told",
  x: "lose",
  k: "kill and lose",
};

const rows = EXPECTED.trim().split("\n").map((line) => {
  const [, input = "", actions = ""] = /^\s*(.*?)\s+((?:\S )*\S)$/.exec(line) ?? [];
  return { input: input as TaskInput, actions: actions.split(" ") };
});

for (const { input, actions } of rows) {
  Deno.test(`TASK_TRANSITIONS says what to do in every phase about: ${input}`, () => {
    assertEquals(actions.length, PHASES.length);
    PHASES.forEach((phase, i) => {
      assertEquals(TASK_TRANSITIONS[phase][input], ACTIONS[actions[i] ?? ""], phase);
    });
  });
}

Deno.test("TASK_TRANSITIONS has no row that is not written out above", () => {
  for (const phase of PHASES) {
    assertEquals(Object.keys(TASK_TRANSITIONS[phase]).length, rows.length, phase);
  }
});

Deno.test("isAlive() is true for what may still do something", () => {
  const states: TaskState[] = ["TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING"];
  for (const { input } of rows) {
    const state = input.split(" ")[1] as TaskState;
    if (input.startsWith("told ")) assertEquals(isAlive(state), states.includes(state), state);
  }
});
