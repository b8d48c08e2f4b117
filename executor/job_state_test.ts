import { assertEquals, assertThrows } from "@std/assert";
import type { TaskOutcome } from "../job/task_outcome.ts";
import { type JobInput, type JobStage, type JobTransition, transition } from "./job_state.ts";

const ok = { exitStatus: 0, wallTimeSeconds: 1 };
const bad = { exitStatus: 33, wallTimeSeconds: 1 };

const INPUTS = {
  spawned: { type: "SPAWNED" },
  notStarted: { type: "NOT_STARTED", outcome: { reason: "why" } },
  undeployed: { type: "NOT_STARTED", outcome: { reason: "why", isUndeployed: true } },
  kill: { type: "KILL", graceMs: 5 },
  exitedWell: { type: "EXITED", outcome: ok, killed: false },
  exitedBadly: { type: "EXITED", outcome: bad, killed: false },
  exceeded: { type: "EXITED", outcome: { ...ok, timeLimitExceeded: true }, killed: false },
  exitedKilled: { type: "EXITED", outcome: ok, killed: true },
} satisfies Record<string, JobInput>;

const nothing: JobTransition = { stage: "ENDED" };
const running: JobTransition = { stage: "RUNNING", effect: { type: "RUNS" } };
const killing: JobTransition = { stage: "KILLING", effect: { type: "KILL", graceMs: 5 } };

function ended(
  state: "TASK_FINISHED" | "TASK_FAILED" | "TASK_KILLED" | "TASK_ERROR",
  outcome: TaskOutcome,
): JobTransition {
  return { stage: "ENDED", effect: { type: "ENDED", state, outcome } };
}

const IMPOSSIBLE = "impossible";

type Row = Record<keyof typeof INPUTS, JobTransition | typeof IMPOSSIBLE>;

/** Of a job whose command was started; who has killed it decides the rest. */
const STARTED: Omit<Row, "exitedKilled"> = {
  spawned: IMPOSSIBLE,
  notStarted: IMPOSSIBLE,
  undeployed: IMPOSSIBLE,
  kill: killing,
  exitedWell: ended("TASK_FINISHED", ok),
  exitedBadly: ended("TASK_FAILED", bad),
  exceeded: ended("TASK_FAILED", { ...ok, timeLimitExceeded: true }),
};

const TABLE: Record<JobStage, Row> = {
  PREPARING: {
    spawned: running,
    notStarted: ended("TASK_ERROR", { reason: "why" }),
    undeployed: ended("TASK_FAILED", { reason: "why", isUndeployed: true }),
    kill: ended("TASK_KILLED", { reason: "Killed before it started" }),
    exitedWell: IMPOSSIBLE,
    exitedBadly: IMPOSSIBLE,
    exceeded: IMPOSSIBLE,
    exitedKilled: IMPOSSIBLE,
  },
  // No kill was requested here.
  RUNNING: { ...STARTED, exitedKilled: ended("TASK_FINISHED", ok) },
  KILLING: { ...STARTED, exitedKilled: ended("TASK_KILLED", ok) },
  ENDED: {
    spawned: IMPOSSIBLE,
    notStarted: nothing,
    undeployed: nothing,
    kill: nothing,
    exitedWell: IMPOSSIBLE,
    exitedBadly: IMPOSSIBLE,
    exceeded: IMPOSSIBLE,
    exitedKilled: IMPOSSIBLE,
  },
};

for (const stage of Object.keys(TABLE) as JobStage[]) {
  for (const name of Object.keys(INPUTS) as (keyof typeof INPUTS)[]) {
    Deno.test(`transition() of a task that is ${stage}: ${name}`, () => {
      const expected = TABLE[stage][name];
      if (expected === IMPOSSIBLE) {
        assertThrows(() => transition(stage, INPUTS[name]), Error, stage);
      } else assertEquals(transition(stage, INPUTS[name]), expected);
    });
  }
}
