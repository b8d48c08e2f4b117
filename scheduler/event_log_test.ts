import { assertEquals } from "@std/assert";
import type { Logger } from "../support/log.ts";
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
