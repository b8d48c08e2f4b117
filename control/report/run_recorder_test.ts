import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { BatchSystemEvent } from "../../scheduler/core/events.ts";
import { MessageBus } from "../../scheduler/message_bus.ts";
import { shape } from "../../scheduler/testing.ts";
import { waitFor } from "../../tests/kit/wait_for.ts";
import { TestSite } from "../testing.ts";
import { renderReport } from "./report_page.ts";
import { MAX_BARS, MAX_FAILURES, type RecordedScheduler, RunRecorder } from "./run_recorder.ts";

/** What the report may be large, for 10^5 jobs. */
const MAX_REPORT_BYTES = 5e6;

/** A run that is told and not run: events with the times that a test wants. */
class ToldRun {
  nowMs = 0;
  readonly #bus = new MessageBus();
  readonly recorder: RunRecorder;

  constructor() {
    const inspection = {
      counts: () => ({ waiting: 0 }),
      jobs: () => [],
      job: (jobID: number) => ({
        issuedAtMs: 0,
        attempt: 1,
        spec: { shape: shape({ cpusMilli: 1000 * (1 + jobID % 3) }) },
      }),
    };
    const scheduler = { messageBus: this.#bus, inspection } as unknown as RecordedScheduler;
    this.recorder = new RunRecorder(scheduler, () => this.nowMs);
  }

  say(event: BatchSystemEvent, atMs: number): void {
    this.nowMs = atMs;
    this.#bus.publish(event);
  }

  issue(jobID: number): void {
    this.say({ type: "JOB_ISSUED", jobID, name: `job ${jobID}` }, this.nowMs);
  }

  run(
    jobID: number,
    { node = "n1", startMs, endMs, exitStatus = 0 }: {
      node?: string;
      startMs: number;
      endMs: number;
      exitStatus?: number;
    },
  ): void {
    const taskId = `t${jobID}`;
    this.say({ type: "JOB_LAUNCHED", jobID, taskId, node }, startMs);
    this.say({ type: "JOB_RUNNING", jobID, taskId, node }, startMs);
    const result = {
      jobID,
      name: `job ${jobID}`,
      exitStatus,
      exitReason: exitStatus === 0 ? "FINISHED" as const : "FAILED" as const,
      wallTimeSeconds: (endMs - startMs) / 1000,
      node,
      message: exitStatus === 0 ? "" : `no such file <${"x".repeat(5_000)}`,
      taskId,
    };
    this.say({ type: "JOB_ENDED", result }, endMs);
  }
}

Deno.test("RunRecorder has who waited and ran when, and where", () => {
  const told = new ToldRun();
  for (const jobID of [1, 2]) told.issue(jobID);
  told.run(1, { startMs: 100, endMs: 300 });
  told.run(2, { node: "n2", startMs: 300, endMs: 400, exitStatus: 3 });
  const { recorder } = told;
  assertEquals(recorder.waiting.values(400).slice(0, 4), [2, 1, 1, 0]);
  assertEquals(recorder.running.values(400).slice(0, 4), [0, 1, 1, 1]);
  assertEquals(recorder.nodes.get("n2")?.running.values(400).slice(0, 4), [0, 0, 0, 1]);
  assertEquals(recorder.finished.values(400).slice(0, 5), [0, 0, 0, 1, 0]);
  assertEquals(recorder.failed.values(400).slice(0, 5), [0, 0, 0, 0, 1]);
  assertEquals(recorder.failures().map(({ result }) => result.jobID), [2]);
  assertEquals(recorder.bars().map(({ startMs, endMs }) => [startMs, endMs]), [
    [100, 300],
    [300, 400],
  ]);
  assertEquals(recorder.nodes.get("n2")?.failed, 1);
  recorder.close();
});

Deno.test("a job that ended before it was seen to run has run for its wall time", () => {
  const told = new ToldRun();
  told.issue(1);
  told.say({ type: "JOB_LAUNCHED", jobID: 1, taskId: "t", node: "n1" }, 0);
  const result = {
    jobID: 1,
    name: "",
    exitStatus: 0,
    exitReason: "FINISHED" as const,
    wallTimeSeconds: 0.15,
    node: "n1",
    message: "",
    taskId: "t",
  };
  told.say({ type: "JOB_ENDED", result }, 200);
  const { running, nodes } = told.recorder;
  assertEquals(running.values(200), [0.5, 1, 0]);
  assertEquals(nodes.get("n1")?.running.values(200), [0.5, 1, 0]);
});

Deno.test("a job that is queued or tried again, or killed, leaves its node", () => {
  const told = new ToldRun();
  told.issue(1);
  const about = { jobID: 1, taskId: "t", node: "n1" };
  const { waiting, running, nodes } = told.recorder;
  const end = { exitReason: "FAILED" as const, exitStatus: 1, attempts: 1, maxAttempts: 2 };
  const returns: BatchSystemEvent[] = [
    { type: "JOB_REQUEUED", jobID: 1, attempt: 1, reason: "" },
    { type: "JOB_RETRIED", ...about, ...end },
  ];
  for (const event of returns) {
    told.say({ type: "JOB_LAUNCHED", ...about }, 0);
    told.say({ type: "JOB_RUNNING", ...about }, 0);
    assertEquals([waiting.level, running.level, nodes.get("n1")?.running.level], [0, 1, 1]);
    told.say(event, 0);
    assertEquals([waiting.level, running.level, nodes.get("n1")?.running.level], [1, 0, 0]);
  }
  told.say({ type: "JOB_KILLED", jobID: 1, confirmed: true }, 0);
  assertEquals([waiting.level, running.level], [0, 0]);
});

Deno.test("a run of 10^5 jobs is recorded in bounded memory, and its report is small", () => {
  const told = new ToldRun();
  const count = 100_000;
  for (let jobID = 1; jobID <= count; jobID++) {
    told.issue(jobID);
    const startMs = jobID * 10;
    const endMs = startMs + 1 + jobID % 977;
    const node = `10.0.${jobID % 700}.1`;
    told.run(jobID, { node, startMs, endMs, exitStatus: jobID % 10 === 0 ? 1 : 0 });
  }
  const { recorder } = told;
  assertEquals(recorder.bars().length, MAX_BARS);
  assertEquals(recorder.failures().length, MAX_FAILURES);
  const report = renderReport(recorder, { name: "many", version: "1" });
  const bytes = new TextEncoder().encode(report).length;
  assert(bytes < MAX_REPORT_BYTES, `${bytes} bytes`);
  assertStringIncludes(report, "Drawn are the 2,000 longest of 100,000 jobs.");
  assertStringIncludes(report, "90,000");
});

Deno.test("GET /v1/history and /v1/report show a run, and names are only text", async () => {
  await using site = await TestSite.open();
  const name = "<script>alert(1)</script>";
  await site.call("POST", "/v1/jobs", [{ command: "a" }, { command: "b", name }]);
  await site.finish();
  await site.finish(3);
  const { answer } = await site.call("GET", "/v1/history");
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  assertEquals([total(answer.finished), total(answer.failed)], [1, 1]);
  assertEquals(answer.waiting.length, answer.running.length);
  assertEquals([answer.failures[0].name, answer.failures[0].exitStatus], [name, 3]);
  const response = await site.fetch("/v1/report");
  const report = await response.text();
  assertStringIncludes(response.headers.get("content-type") ?? "", "text/html");
  assertStringIncludes(report, "&lt;script&gt;alert(1)&lt;/script&gt;");
  assert(!/<script|https?:|\ssrc=|url\(|NaN|undefined|Infinity/.test(report), report);
  assertStringIncludes(report, "1 core, 2 GiB of memory and 2 GiB of disk");
});

Deno.test("what an earlier process left is counted from the start", async () => {
  await using site = await TestSite.open();
  await site.call("POST", "/v1/jobs", [{ command: "a" }, { command: "b" }]);
  const task = await site.launch();
  site.report(task, "TASK_RUNNING");
  await waitFor(() => site.scheduler.inspection.counts().running === 1, "a job to run");
  const recorder = new RunRecorder(site.scheduler, () => performance.now());
  assertEquals([recorder.waiting.level, recorder.running.level], [1, 1]);
  recorder.close();
});
