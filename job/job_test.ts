import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeBundleReport, encodeBundleReport, type EndState } from "./bundle_report.ts";
import { decodeKillJobs, encodeKillJobs } from "./kill_jobs.ts";
import { decodeNodeInfo, encodeNodeInfo, nodeInfoMessage } from "./node_info.ts";
import { type BundleData, decodeTaskData, encodeTaskData, type TaskData } from "./task_data.ts";
import { decodeOutcome, encodeOutcome, type TaskOutcome } from "./task_outcome.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("decodeTaskData() gives back what encodeTaskData() took", () => {
  const data: TaskData = {
    jobID: 7,
    command: "echo 'ü' \"$X\"",
    environment: { X: "a\nb", EMPTY: "" },
    userScript: 'toil_mesos.resource.FileResource:["a","b","c","d"]',
    standardOutputPath: "/logs/o",
    standardErrorPath: "/logs/e",
    gpus: 1,
    workerCleanup: { workflowID: "w", cleanWorkDir: "always", workDir: "/w" },
  };
  assertEquals(decodeTaskData(encodeTaskData(data)), { jobs: [data] });
});

Deno.test("decodeTaskData() ignores what a newer scheduler says", () => {
  const data = { jobID: 0, command: "", environment: {} };
  assertEquals(decodeTaskData(bytes(JSON.stringify({ ...data, newer: 1 }))), { jobs: [data] });
});

Deno.test("decodeTaskData() names the field that is wrong, and no value", () => {
  for (const text of ["", "\x80\x04pickle", "{"]) {
    assertThrows(() => decodeTaskData(bytes(text)), TypeError, "not JSON");
  }
  const secret = { jobID: 1, command: "c", environment: { KEY: 5, S: "hush" } };
  const error = assertThrows(
    () => decodeTaskData(bytes(JSON.stringify(secret))),
    TypeError,
    "'environment.KEY'",
  );
  assertEquals(error.message.includes("hush"), false);
});

Deno.test("decodeNodeInfo() gives back what encodeNodeInfo() took, and nothing else", () => {
  const load = { coresUsed: 0.5, memoryUsed: 0.25, coresTotal: 4, memoryTotal: 1e9, workers: 3 };
  const message = nodeInfoMessage("10.0.0.5", load);
  assertEquals(decodeNodeInfo(encodeNodeInfo(message)), message);
  message["newer"] = { gpus: 1 };
  assertEquals(decodeNodeInfo(encodeNodeInfo(message))?.["newer"], { gpus: 1 });
  for (const other of ["ping", "{}", "", '{"address":"x"}', "{'address': 'x'}"]) {
    assertEquals(decodeNodeInfo(bytes(other)), undefined);
  }
});

Deno.test("decodeNodeInfo() lets no message replace the prototype of what it returns", () => {
  const load = '{"coresUsed":0,"memoryUsed":0,"coresTotal":4,"memoryTotal":1,"workers":3}';
  const message = decodeNodeInfo(bytes(`{"address":"h","nodeInfo":${load},"__proto__":{"x":1}}`));
  assertEquals(message?.["x"], undefined);
});

Deno.test("decodeOutcome() gives back what encodeOutcome() took", () => {
  const outcomes: TaskOutcome[] = [
    { exitStatus: 0, wallTimeSeconds: 0.001 },
    { exitStatus: 255, wallTimeSeconds: 1.5, standardErrorTail: "no such file\n" },
    { exitStatus: -9, wallTimeSeconds: 2, memoryLimitExceeded: true },
    { exitStatus: -15, wallTimeSeconds: 2, timeLimitExceeded: true },
    { reason: "Cannot download http://x: HTTP 404", isUndeployed: true },
  ];
  for (const outcome of outcomes) {
    const decoded = decodeOutcome(encodeOutcome(outcome));
    assertEquals(decoded, {
      exitStatus: undefined,
      reason: undefined,
      wallTimeSeconds: undefined,
      standardErrorTail: undefined,
      memoryLimitExceeded: false,
      timeLimitExceeded: false,
      isUndeployed: false,
      ...outcome,
    });
  }
});

Deno.test("decodeOutcome() takes Mesos' own messages as reasons", () => {
  assertEquals(decodeOutcome({ message: "Executor terminated" }).reason, "Executor terminated");
  assertEquals(decodeOutcome({ message: "Executor terminated" }).exitStatus, undefined);
  assertEquals(decodeOutcome({}).reason, undefined);
});

Deno.test("decodeOutcome() takes no wall time that is no amount of time", () => {
  for (const value of ["1e999", "Infinity", "-1", "0", "NaN", "", "soon"]) {
    const labels = { labels: [{ key: "wallTime", value }] };
    assertEquals(decodeOutcome({ labels }).wallTimeSeconds, undefined, value);
  }
});

Deno.test("decodeTaskData() refuses paths that lead elsewhere", () => {
  const data = { jobID: 0, command: "", environment: {} };
  const cleanup = { workflowID: "w", cleanWorkDir: "always" };
  for (
    const wrong of [
      ...["", "logs/o", "/logs/../o", "/logs/o\0"].flatMap((path) => [
        { standardOutputPath: path },
        { standardErrorPath: path },
        { workerCleanup: { ...cleanup, workDir: path } },
        { workerCleanup: { ...cleanup, coordinationDir: path } },
      ]),
      ...["", ".", "..", "../../x", "a/b", "a\0"].map((workflowID) => ({
        workerCleanup: { ...cleanup, workflowID },
      })),
    ]
  ) {
    const text = JSON.stringify({ ...data, ...wrong });
    assertThrows(() => decodeTaskData(bytes(text)), TypeError, "expected", text);
  }
});

Deno.test("decodeNodeInfo() ignores addresses and messages that are too long", () => {
  const load = { coresUsed: 0, memoryUsed: 0, coresTotal: 4, memoryTotal: 1e9, workers: 3 };
  assertEquals(decodeNodeInfo(encodeNodeInfo(nodeInfoMessage("h".repeat(256), load))), undefined);
  const message = nodeInfoMessage("h", load);
  message["newer"] = "x".repeat(20_000);
  assertEquals(decodeNodeInfo(encodeNodeInfo(message)), undefined);
});

const variables = fc.dictionary(fc.string(), fc.string());

const anyBundle: fc.Arbitrary<BundleData> = fc.record({
  jobs: fc.array(
    fc.record({
      jobID: fc.nat(),
      attemptId: fc.stringMatching(/^[\w-]{1,20}$/),
      command: fc.string({ unit: "grapheme" }),
      environment: fc.oneof(fc.constant({ SAME: "1" }), variables),
      timeLimitMs: fc.integer({ min: 1 }),
    }),
    { minLength: 2, maxLength: 5 },
  ),
  bundleMs: fc.integer({ min: 1 }),
  userScript: fc.string(),
});

Deno.test("decodeTaskData() gives each job of a bundle what encodeTaskData() was told", () => {
  fc.assert(fc.property(anyBundle, (bundle) => {
    const { jobs, bundleMs, userScript } = bundle;
    const plan = decodeTaskData(encodeTaskData(bundle));
    assertEquals(plan, { jobs: jobs.map((job) => ({ ...job, userScript })), bundleMs });
  }));
});

Deno.test("encodeTaskData() says once what all jobs of a bundle have in common", () => {
  const environment = { PATH: "x".repeat(1000) };
  const jobs = Array.from({ length: 64 }, (_, jobID) => ({
    jobID,
    attemptId: "a",
    command: "true",
    environment,
  }));
  assert(encodeTaskData({ jobs, bundleMs: 1 }).length < 10_000);
});

Deno.test("decodeBundleReport() gives back what encodeBundleReport() took", () => {
  const end = fc.record({
    jobID: fc.nat(),
    state: fc.constantFrom("TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR"),
    outcome: fc.record({ exitStatus: fc.integer({ min: -64, max: 255 }), reason: fc.string() }),
  });
  fc.assert(fc.property(fc.array(end), fc.array(fc.nat()), (ends, givenBack) => {
    const ended = ends.map(({ jobID, state, outcome }) => ({
      jobID,
      state: state as EndState,
      ...encodeOutcome(outcome),
    }));
    for (const running of [undefined, 0, 7]) {
      const report = { ended, running, givenBack };
      assertEquals(decodeBundleReport(encodeBundleReport(report)), report);
    }
  }));
});

Deno.test("decodeBundleReport() takes nothing that could not be a report", () => {
  const end = { jobID: 1, state: "TASK_FINISHED" };
  const wrong = [
    ...["", "[]", "null", "1", "{", "\x80"],
    ...[
      { ended: {} },
      { ended: [null] },
      { ended: [{ ...end, jobID: -1 }] },
      { ended: [{ ...end, jobID: "1" }] },
      { ended: [{ ...end, state: "TASK_RUNNING" }] },
      { ended: [{ ...end, message: 1 }] },
      { ended: [{ ...end, labels: [] }] },
      { ended: [{ ...end, labels: { labels: [{ key: 1 }] } }] },
      { running: 0.5 },
      { givenBack: [null] },
    ].map((each) => JSON.stringify(each)),
  ];
  for (const text of wrong) assertEquals(decodeBundleReport(bytes(text)), undefined, text);
  assertEquals(decodeBundleReport(bytes("{}"))?.ended, []);
});

Deno.test("decodeKillJobs() gives back what encodeKillJobs() took, and nothing else", () => {
  const message = { taskId: "t", jobIDs: [1, 2], graceMs: 5_000 };
  assertEquals(decodeKillJobs(encodeKillJobs(message)), message);
  for (const other of ["", "null", "{}", '{"killJobs":1}', '{"killJobs":{"taskId":1}}']) {
    assertEquals(decodeKillJobs(bytes(other)), undefined);
  }
  for (const wrong of [{ jobIDs: "1" }, { jobIDs: [0.5] }, { graceMs: -1 }, { graceMs: "x" }]) {
    const killJobs = { ...message, ...wrong };
    assertEquals(decodeKillJobs(bytes(JSON.stringify({ killJobs }))), undefined);
  }
});
