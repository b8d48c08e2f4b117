import { assertEquals } from "@std/assert";
import type { BatchSystemEvent } from "../../scheduler/core/events.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { formatSummary, Progress, total } from "./progress.ts";

const START_MS = 1_000;

function begin(jobs: number, ended = {}): Progress {
  return new Progress(jobs, { ended, nowMs: START_MS });
}

function launched(jobID: number): BatchSystemEvent & { type: "JOB_LAUNCHED" } {
  return { type: "JOB_LAUNCHED", jobID, taskId: `${jobID}-1`, node: "10.0.0.1" };
}

function ended(jobID: number): BatchSystemEvent {
  const result: BatchJobResult = {
    jobID,
    name: `job-${jobID}`,
    exitStatus: 0,
    exitReason: "FINISHED",
    wallTimeSeconds: 1,
    node: "10.0.0.1",
    message: "",
    taskId: `${jobID}-1`,
  };
  return { type: "JOB_ENDED", result };
}

Deno.test("Progress.line() follows jobs from waiting to done", () => {
  const progress = begin(5);
  assertEquals(progress.line(START_MS), "0/5 done, 0 running, 5 waiting");
  for (const jobID of [1, 2, 3]) progress.observe(launched(jobID));
  progress.observe({ ...launched(4), isQueued: true });
  assertEquals(progress.line(START_MS + 500), "0/5 done, 3 running, 2 waiting");
  progress.observe({
    type: "JOB_REQUEUED",
    jobID: 3,
    attempt: 1,
    reason: "the node is gone",
  });
  progress.observe(ended(1));
  progress.count("FINISHED");
  assertEquals(
    progress.line(START_MS + 1000),
    "1/5 done, 1 running, 3 waiting, 1.0/s, 4.0 s left",
  );
});

Deno.test("Progress.line() names what went wrong", () => {
  const progress = begin(9);
  for (const reason of ["FAILED", "MEMLIMIT", "LOST", "FINISHED"] as const) progress.count(reason);
  progress.observe(launched(5));
  progress.observe({ type: "JOB_KILLED", jobID: 5, confirmed: true });
  progress.observe({ type: "DISCONNECTED", reason: "connection refused" });
  assertEquals(
    progress.line(START_MS + 5000),
    "5/9 done, 2 failed, 1 lost, 1 killed, 0 running, 4 waiting, no connection to Mesos, " +
      "1.0/s",
  );
  progress.observe({ type: "REREGISTERED", frameworkId: "f" });
  assertEquals(progress.line(START_MS + 5000).includes("no connection"), false);
});

Deno.test("Progress.line() does not take jobs that had ended before for its own work", () => {
  const progress = begin(10, { FINISHED: 4 });
  assertEquals(progress.line(START_MS + 1000), "4/10 done, 0 running, 6 waiting");
  progress.count("FINISHED");
  assertEquals(
    progress.line(START_MS + 2000),
    "5/10 done, 0 running, 5 waiting, 0.5/s",
    "while nothing runs, nobody knows when something will",
  );
  progress.observe(launched(6));
  assertEquals(
    progress.line(START_MS + 2000),
    "5/10 done, 1 running, 4 waiting, 0.5/s, 10.0 s left",
  );
});

Deno.test("formatSummary() counts every end once", () => {
  assertEquals(
    formatSummary(40, { FINISHED: 40 }, 12_340),
    "40 jobs: 40 finished, 0 failed, 0 lost, 0 killed in 12.3 s",
  );
  const counts = { FINISHED: 1, FAILED: 1, ERROR: 2, MEMLIMIT: 1, LOST: 3, KILLED: 4 };
  assertEquals(
    formatSummary(12, counts, 61_000),
    "12 jobs: 1 finished, 4 failed, 3 lost, 4 killed in 1m01s",
  );
  assertEquals(total(counts), 12);
  assertEquals(formatSummary(1, {}, 0), "1 job: 0 finished, 0 failed, 0 lost, 0 killed in 0.0 s");
});
