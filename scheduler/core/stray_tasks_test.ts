import { assert, assertEquals } from "@std/assert";
import { LogicHarness, offer, spec } from "../testing.ts";
import { MAX_STRAYS_PER_SECOND, MAX_WAITING_STRAYS } from "./stray_tasks.ts";

/** Tells of tasks that no job has; gives the number of calls of each type. */
function tellOf(harness: LogicHarness, tasks: Iterable<number>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const task of tasks) {
    for (const { type = "" } of harness.tell(`stray-${task}`, "TASK_RUNNING").calls) {
      counts[type] = (counts[type] ?? 0) + 1;
    }
  }
  return counts;
}

Deno.test("strays are killed at a bounded rate, and jobs are launched meanwhile", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec());
  const counts = tellOf(harness, Array(60_000).keys());
  assertEquals(counts, { KILL: MAX_STRAYS_PER_SECOND });
  assertEquals(harness.offer(offer()).length, 1);
  const later = harness.pass(1_000);
  assertEquals(later.filter(({ type }) => type === "KILL").length, MAX_STRAYS_PER_SECOND);
  assert(later.every(({ type, isAside }) => type !== "KILL" || isAside));
});

Deno.test("every stray is killed in the end: Mesos is asked about those that were too many", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.pass(1_000);
  const alive = new Set(Array(MAX_WAITING_STRAYS * 2).keys().map((task) => `stray-${task}`));
  const handle = (calls: readonly { type?: string | undefined }[]) =>
    calls.some(({ type }) => type === "RECONCILE");
  for (const taskId of alive) {
    for (const { kill } of harness.tell(taskId, "TASK_RUNNING").calls) {
      if (kill) alive.delete(kill.task_id.value);
    }
  }
  const seconds = MAX_WAITING_STRAYS * 2 / MAX_STRAYS_PER_SECOND + 3;
  for (let second = 0; second < seconds; second++) {
    const calls = harness.pass(1_000);
    for (const { kill } of calls) if (kill) alive.delete(kill.task_id.value);
    if (!handle(calls)) continue;
    for (const taskId of [...alive]) {
      for (const { kill } of harness.tell(taskId, "TASK_RUNNING").calls) {
        if (kill) alive.delete(kill.task_id.value);
      }
    }
  }
  assertEquals(alive.size, 0);
});

Deno.test("updates of strays are acknowledged once, and a stray that is repeated waits once", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  tellOf(harness, Array(MAX_STRAYS_PER_SECOND).keys());
  assertEquals(harness.report("x", "TASK_RUNNING").calls, []);
  assertEquals(harness.report("x", "TASK_FINISHED").calls, []);
  assertEquals(harness.pass(1_000).map(({ type }) => type), ["ACKNOWLEDGE"]);
});

Deno.test("what waited for an answer is forgotten with the subscription", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  tellOf(harness, Array(MAX_STRAYS_PER_SECOND + 1).keys());
  harness.subscribe();
  assertEquals(harness.pass(1_000).filter(({ type }) => type === "KILL"), []);
});
