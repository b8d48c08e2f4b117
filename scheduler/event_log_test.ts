import { assertEquals, assertMatch } from "@std/assert";
import { getLogger, type Logger } from "../support/log.ts";
import { warnings } from "../tests/kit/log_lines.ts";
import type { BatchSystemEvent } from "./core/events.ts";
import { logEvent } from "./event_log.ts";

/** A logger that keeps the level of each line. */
function recorder(): { log: Logger; levels: string[] } {
  const levels: string[] = [];
  const log = new Proxy({}, { get: (_, level) => () => levels.push(String(level)) }) as Logger;
  return { log, levels };
}

Deno.test("logEvent() warns of a job whose launches never get through, not of one that failed once", () => {
  const { log, levels } = recorder();
  for (const attempt of [1, 2, 3, 4]) {
    logEvent(log, { type: "JOB_REQUEUED", jobID: 1, attempt, reason: "no such user" });
  }
  assertEquals(levels, ["info", "info", "warn", "warn"]);
});

/** The warnings about an event. */
function warningsOf(event: BatchSystemEvent): Promise<string[]> {
  return warnings(() => logEvent(getLogger("scheduler"), event));
}

Deno.test("logEvent() warns of a launch of which no executor reports anything", async () => {
  assertEquals(
    await warningsOf({
      ...{ type: "LAUNCH_SILENT", jobID: 7, taskId: "7-1", node: "10.0.0.5", silentMs: 120_000 },
    }),
    [
      "WARN  scheduler: Node 10.0.0.5 has reported nothing about job 7 (task 7-1) for 2m00s: " +
      "its executor is still being fetched, or does not start; check the agent's log and the " +
      "executor's sandbox",
    ],
  );
});

Deno.test("logEvent() warns of an executor that does not answer, and when it answers again", async () => {
  const about = { executorId: "e1", agentId: "a1", node: "10.0.0.5" };
  assertEquals(await warningsOf({ type: "EXECUTOR_SILENT", ...about }), [
    "WARN  scheduler: Executor e1 on node 10.0.0.5 does not answer: it gets no jobs; unless it " +
    "answers within --unreachable-timeout, its jobs are LOST and it is ended",
  ]);
  assertEquals(await warningsOf({ type: "EXECUTOR_HEARD", ...about }), [
    "WARN  scheduler: Executor e1 on node 10.0.0.5 answers again",
  ]);
});

Deno.test("logEvent() warns of a restored state, and of one without a framework what to do", async () => {
  const event = { type: "RESTORED", running: 2, waiting: 3 } as const;
  const [warning = "", ...more] = await warningsOf({ ...event, namesFramework: true });
  assertMatch(warning, /^WARN .* older than .* Of 2 jobs that ran, .* Of 3 jobs that waited/);
  assertEquals(more, []);
  const [nameless = ""] = await warningsOf({ ...event, namesFramework: false });
  assertMatch(nameless, /^WARN .* names no framework: .* --restored-state and the --framework-id/);
});
