import { assert, assertEquals } from "@std/assert";
import { EXECUTOR_TAIL_MS } from "../job/executor_tail.ts";
import { shutdownBudget } from "./shutdown_budget.ts";

Deno.test("shutdownBudget() leaves a margin, and time to die after the grace", () => {
  for (const gracePeriodMs of [0, 1000, 5000, 60_000]) {
    const budget = shutdownBudget(gracePeriodMs);
    assert(budget.killGraceMs <= budget.killedByMs);
    assert(budget.killedByMs <= budget.cleanedByMs);
    assert(budget.cleanedByMs + budget.drainMs <= budget.leftByMs);
    assert(gracePeriodMs === 0 || budget.leftByMs < gracePeriodMs);
  }
});

Deno.test("shutdownBudget() keeps a grace of any length where the agent gives the tail as well", () => {
  for (const graceMs of [10_000, 30_000, 3_600_000]) {
    assertEquals(shutdownBudget(graceMs + EXECUTOR_TAIL_MS).killGraceMs, graceMs);
  }
  // Of an agent's own default, half is for the jobs.
  assertEquals(shutdownBudget(5000).killGraceMs, 2500);
});
