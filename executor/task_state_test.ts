import { assertEquals, assertThrows } from "@std/assert";
import { type TaskInput, type TaskStage, type TaskTransition, transition } from "./task_state.ts";

const ok = { exitStatus: 0, wallTimeSeconds: 1 };
const bad = { exitStatus: 33, wallTimeSeconds: 1 };

const INPUTS = {
  spawned: { type: "SPAWNED" },
  notStarted: { type: "NOT_STARTED", outcome: { reason: "why" } },
  kill: { type: "KILL", graceMs: 5 },
  exitedWell: { type: "EXITED", outcome: ok, killed: false },
  exitedBadly: { type: "EXITED", outcome: bad, killed: false },
  exitedKilled: { type: "EXITED", outcome: ok, killed: true },
} satisfies Record<string, TaskInput>;

const nothing: TaskTransition = { stage: "ENDED", effects: [] };
const running: TaskTransition = {
  stage: "RUNNING",
  effects: [{ type: "UPDATE", state: "TASK_RUNNING" }],
};
const killing: TaskTransition = { stage: "KILLING", effects: [{ type: "KILL", graceMs: 5 }] };

function ended(
  state: "TASK_FINISHED" | "TASK_FAILED" | "TASK_KILLED",
  outcome: { exitStatus?: number; wallTimeSeconds?: number; reason?: string },
): TaskTransition {
  return { stage: "ENDED", effects: [{ type: "UPDATE", state, outcome }] };
}

const IMPOSSIBLE = "impossible";

const TABLE: Record<TaskStage, Record<keyof typeof INPUTS, TaskTransition | typeof IMPOSSIBLE>> = {
  PREPARING: {
    spawned: running,
    notStarted: ended("TASK_FAILED", { reason: "why" }),
    kill: ended("TASK_KILLED", { reason: "Killed before it started" }),
    exitedWell: IMPOSSIBLE,
    exitedBadly: IMPOSSIBLE,
    exitedKilled: IMPOSSIBLE,
  },
  RUNNING: {
    spawned: IMPOSSIBLE,
    notStarted: IMPOSSIBLE,
    kill: killing,
    exitedWell: ended("TASK_FINISHED", ok),
    exitedBadly: ended("TASK_FAILED", bad),
    // Nobody asked us for it.
    exitedKilled: ended("TASK_FINISHED", ok),
  },
  KILLING: {
    spawned: IMPOSSIBLE,
    notStarted: IMPOSSIBLE,
    kill: killing,
    exitedWell: ended("TASK_FINISHED", ok),
    exitedBadly: ended("TASK_FAILED", bad),
    exitedKilled: ended("TASK_KILLED", ok),
  },
  ENDED: {
    spawned: IMPOSSIBLE,
    notStarted: nothing,
    kill: nothing,
    exitedWell: IMPOSSIBLE,
    exitedBadly: IMPOSSIBLE,
    exitedKilled: IMPOSSIBLE,
  },
};

for (const stage of Object.keys(TABLE) as TaskStage[]) {
  for (const name of Object.keys(INPUTS) as (keyof typeof INPUTS)[]) {
    Deno.test(`transition() of a task that is ${stage}: ${name}`, () => {
      const expected = TABLE[stage][name];
      if (expected === IMPOSSIBLE) {
        assertThrows(() => transition(stage, INPUTS[name]), Error, stage);
      } else assertEquals(transition(stage, INPUTS[name]), expected);
    });
  }
}
