import { assertEquals } from "@std/assert";
import { Demand, REPEAT_REVIVE_MS, REVIVE_INTERVAL_MS } from "./offer_demand.ts";

Deno.test("Demand wants offers while jobs wait, and says so once", () => {
  const demand = new Demand();
  assertEquals(demand.settle(false, 0), "SUPPRESS");
  assertEquals(demand.settle(false, 1), undefined);
  assertEquals(demand.settle(true, 2), "REVIVE");
  assertEquals(demand.settle(true, 1000), undefined);
  assertEquals(demand.settle(false, 1001), "SUPPRESS");
});

Deno.test("Demand revives at once when something was freed, but not in a burst", () => {
  const demand = new Demand();
  demand.settle(true, 0);
  demand.requestRevive();
  assertEquals(demand.settle(true, 1), undefined);
  assertEquals(demand.dueMs(), REVIVE_INTERVAL_MS);
  assertEquals(demand.settle(true, REVIVE_INTERVAL_MS), "REVIVE");
  assertEquals(demand.dueMs(), undefined);
});

Deno.test("Demand says it again when no offer comes", () => {
  const demand = new Demand();
  demand.settle(true, 0);
  demand.offered(1000);
  assertEquals(demand.settle(true, REPEAT_REVIVE_MS), undefined);
  assertEquals(demand.settle(true, REPEAT_REVIVE_MS + 1000), "REVIVE");
});

Deno.test("Demand says it again when offers come that it did not want", () => {
  const demand = new Demand();
  demand.settle(false, 0);
  demand.offered(1);
  assertEquals(demand.settle(false, 1), "SUPPRESS");
});

Deno.test("Demand says everything again to a new subscription", () => {
  const demand = new Demand();
  demand.settle(true, 0);
  demand.reset();
  assertEquals(demand.settle(true, 100), "REVIVE");
  demand.settle(false, 200);
  demand.reset();
  assertEquals(demand.settle(false, 300), "SUPPRESS");
});
