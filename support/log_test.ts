import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import {
  configureLogging,
  getLogger,
  LOG_LEVELS,
  type LogFormat,
  MAX_LOGGED_CHARACTERS,
  parseLogLevel,
} from "./log.ts";

function logged(format: LogFormat, act: () => void): string[] {
  const lines: string[] = [];
  configureLogging({ level: "INFO", format, write: (line) => lines.push(line) });
  try {
    act();
  } finally {
    configureLogging({ level: "CRITICAL", format: "text", write: () => {} });
  }
  return lines;
}

Deno.test("configureLogging() writes lines for people", () => {
  const lines = logged("text", () => {
    getLogger("scheduler").warn("Job {jobID} is late", { jobID: 7, node: "10.0.0.5" });
    getLogger("scheduler").debug("not shown");
  });
  assertEquals(lines.length, 1);
  assertMatch(lines[0] ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}scheduler: Job 7 is late$/);
});

Deno.test("configureLogging() writes a line for a record, whatever is quoted in it", () => {
  const [line, ...more] = logged("text", () => {
    getLogger("mesos").warn("It says {text}", { text: "no\r\n  way\n2026 INFO scheduler: ok" });
  });
  assertEquals(more, []);
  assertMatch(line ?? "", /mesos: It says no way 2026 INFO scheduler: ok$/);
});

Deno.test("configureLogging() writes JSON for machines, with the properties", () => {
  const [line = ""] = logged("json", () => {
    getLogger("executor").error("Job {jobID} failed: {reason}", { jobID: 7, reason: 'a "b"' });
  });
  const { time, ...record } = JSON.parse(line);
  assertMatch(time, /^\d{4}-/);
  assertEquals(record, {
    level: "ERROR",
    category: "executor",
    message: 'Job 7 failed: a "b"',
    jobID: 7,
    reason: 'a "b"',
  });
});

Deno.test("configureLogging() cuts what others have said at length", () => {
  const error = new Error("x".repeat(1_000_000));
  for (const format of ["text", "json"] as const) {
    const [line = ""] = logged(format, () => {
      getLogger("mesos").error("{error}: {said}", { error, said: "y".repeat(1_000_000) });
    });
    assert(line.includes("x… (2000002 characters)"), format);
    assertLess(line.length, 3 * MAX_LOGGED_CHARACTERS + 1000);
    if (format === "json") assert(JSON.parse(line).said.endsWith("y… (1000000 characters)"));
  }
});

Deno.test("parseLogLevel() takes any case and the usual synonyms", () => {
  assertEquals(["info", "Warning", "WARN", "fatal", "loud"].map(parseLogLevel), [
    "INFO",
    "WARN",
    "WARN",
    "CRITICAL",
    undefined,
  ]);
  assertEquals(LOG_LEVELS.map((level) => parseLogLevel(level)), [...LOG_LEVELS]);
});
