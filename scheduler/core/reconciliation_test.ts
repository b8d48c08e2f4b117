import { assertEquals } from "@std/assert";
import {
  RECONCILE_BACKOFF_MAX_MS,
  RECONCILE_BACKOFF_MS,
  RECONCILE_BATCH,
  RECONCILE_INTERVAL_MS,
  Reconciliation,
} from "./reconciliation.ts";

Deno.test("Reconciliation asks about each task until it is answered, then about all", () => {
  const reconciliation = new Reconciliation();
  reconciliation.start(["1", "2"], 0);
  assertEquals(reconciliation.questions(0), [["1", "2"]]);
  reconciliation.answered("1");
  assertEquals(reconciliation.questions(RECONCILE_BACKOFF_MS - 1), []);
  assertEquals(reconciliation.questions(RECONCILE_BACKOFF_MS), [["2"]]);
  reconciliation.answered("2");
  assertEquals(reconciliation.questions(RECONCILE_BACKOFF_MS), [[]]);
  assertEquals(reconciliation.questions(1e9), []);
});

Deno.test("Reconciliation backs off, to a limit", () => {
  const reconciliation = new Reconciliation();
  reconciliation.start(["1"], 0);
  const asked: number[] = [];
  for (let nowMs = 0; nowMs < 400_000; nowMs += 500) {
    if (reconciliation.questions(nowMs).length > 0) asked.push(nowMs);
  }
  const gaps = asked.slice(1).map((ms, i) => ms - (asked[i] ?? 0));
  assertEquals(gaps.slice(0, 5), [2000, 4000, 8000, 16_000, 32_000]);
  assertEquals(new Set(gaps.slice(5)), new Set([RECONCILE_BACKOFF_MAX_MS]));
});

Deno.test("Reconciliation asks in batches", () => {
  const reconciliation = new Reconciliation();
  const tasks = Array.from({ length: 2 * RECONCILE_BATCH + 1 }, (_, i) => String(i));
  reconciliation.start(tasks, 0);
  const questions = reconciliation.questions(0);
  assertEquals(questions.map((question) => question.length), [RECONCILE_BATCH, RECONCILE_BATCH, 1]);
  assertEquals(questions.flat(), tasks);
});

Deno.test("Reconciliation is due again after its interval, and never before it was started", () => {
  const reconciliation = new Reconciliation();
  assertEquals(reconciliation.isDue(1e12), false);
  reconciliation.start([], 5);
  assertEquals(reconciliation.isDue(4 + RECONCILE_INTERVAL_MS), false);
  assertEquals(reconciliation.isDue(5 + RECONCILE_INTERVAL_MS), true);
});

Deno.test("Reconciliation asks at once about a task that is added, once", () => {
  const reconciliation = new Reconciliation();
  assertEquals(reconciliation.isUrgent, false);
  reconciliation.add("1");
  assertEquals(reconciliation.isUrgent, true);
  assertEquals(reconciliation.questions(100), [["1"]]);
  reconciliation.add("1");
  assertEquals(reconciliation.isUrgent, false);
  assertEquals(reconciliation.questions(200), []);
  assertEquals(reconciliation.questions(100 + RECONCILE_BACKOFF_MS), [["1"]]);
});

Deno.test("Reconciliation asks about a task that is added while others wait for their answer", () => {
  const reconciliation = new Reconciliation();
  reconciliation.start(["1"], 0);
  assertEquals(reconciliation.questions(0), [["1"]]);
  reconciliation.add("2");
  assertEquals(reconciliation.questions(10), [["2"]]);
  assertEquals(reconciliation.questions(RECONCILE_BACKOFF_MS), [["1", "2"]]);
});
