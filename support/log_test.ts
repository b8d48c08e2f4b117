import { assert, assertEquals, assertLess, assertMatch, assertThrows } from "@std/assert";
import {
  configureRootLogger,
  getLogger,
  LOG_LEVELS,
  type LogFormat,
  MAX_LOGGED_CHARACTERS,
  parseLogLevel,
  setLogLevel,
} from "./log.ts";

function logged(format: LogFormat, act: () => void): string[] {
  const lines: string[] = [];
  configureRootLogger({ level: "INFO", format, write: (line) => lines.push(line) });
  try {
    act();
  } finally {
    configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  }
  return lines;
}

Deno.test("configureRootLogger() writes lines for people", () => {
  const lines = logged("text", () => {
    getLogger("scheduler").warn("Job {jobID} is late", { jobID: 7, node: "10.0.0.5" });
    getLogger("scheduler").debug("not shown");
  });
  assertEquals(lines.length, 1);
  assertMatch(lines[0] ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}scheduler: Job 7 is late$/);
});

Deno.test("configureRootLogger() writes a line for a record, whatever is quoted in it", () => {
  const [line, ...more] = logged("text", () => {
    getLogger("mesos").warn("It says {text}", { text: "no\r\n  way\n2026 INFO scheduler: ok" });
  });
  assertEquals(more, []);
  assertMatch(line ?? "", /mesos: It says no way 2026 INFO scheduler: ok$/);
});

Deno.test("configureRootLogger() writes JSON for machines, with the properties", () => {
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

Deno.test("configureRootLogger() cuts what others have said at length", () => {
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

Deno.test("setLogLevel() changes what is written, and refuses levels that do not exist", () => {
  const lines: string[] = [];
  configureRootLogger({ level: "WARN", format: "text", write: (line) => void lines.push(line) });
  getLogger("test").info("before");
  setLogLevel("debug");
  getLogger("test").debug("after");
  assertEquals(lines.map((line) => line.split(": ")[1]), ["after"]);
  assertThrows(() => setLogLevel("loud"), RangeError, '"loud"');
});

Deno.test("configureRootLogger() leaves nothing that a terminal obeys", () => {
  for (const format of ["text", "json"] as const) {
    const lines = logged(format, () => {
      getLogger("mesos").error("It says {said}", { said: "\x1b[2J\u009b2J\u202egpj\x7f\r" });
    });
    assertEquals(/[^\x20-\x7e]/.test(lines.join("")), false, `${lines}`);
    assertMatch(lines.join(""), /\\u001b\[2J\\u009b2J\\u202egpj/);
  }
});
