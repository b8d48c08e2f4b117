import { assert, assertEquals } from "@std/assert";
import { shutdownBudget } from "./shutdown_budget.ts";

Deno.test("shutdownBudget() leaves a margin, and time to die after the grace", () => {
  for (const gracePeriodMs of [0, 1000, 5000, 60_000]) {
    const { killGraceMs, killMs, cleanMs, drainMs, leaveMs } = shutdownBudget(gracePeriodMs);
    assert(killGraceMs <= killMs);
    assert(drainMs <= leaveMs);
    assert(killMs + cleanMs + leaveMs <= gracePeriodMs * 0.96);
  }
  assertEquals(shutdownBudget(5000).killGraceMs, 2500);
});
