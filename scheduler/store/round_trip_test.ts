import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encodeOutcome } from "../../job/task_outcome.ts";
import type { JobRecord } from "../core/records.ts";
import {
  checkResourceRequest,
  InsufficientSystemResources,
  type JobRequirements,
  toRequirements,
  toShape,
} from "../core/requirements.ts";
import { MAX_DURATION_MS } from "../../support/units.ts";
import { LogicHarness, newFramework, scalar, spec } from "../testing.ts";
import { executorCodec, frameworkCodec, jobCodec } from "./record_schemas.ts";

const UNLIMITED = { maxCores: Infinity, maxMemory: Infinity, maxDisk: Infinity };

const amount = fc.oneof(
  fc.double({ min: 0 }),
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 52, 2 ** 52 + 1, Infinity, NaN, -1),
);

const text = fc.string({ unit: "binary" });

const requirements: fc.Arbitrary<JobRequirements> = fc.record({
  jobName: text,
  cores: amount,
  memory: amount,
  disk: amount,
  preemptible: fc.boolean(),
  accelerators: fc.array(fc.record({ kind: fc.constant("gpu"), count: amount }), { maxLength: 3 }),
});

function isAccepted(request: JobRequirements): boolean {
  try {
    checkResourceRequest(request, UNLIMITED);
    return true;
  } catch (error) {
    assertEquals(error instanceof TypeError || error instanceof InsufficientSystemResources, true);
    return false;
  }
}

Deno.test("a job that is accepted can be read again once it was written", () => {
  fc.assert(
    fc.property(requirements, text, fc.dictionary(text, text), (request, command, environment) => {
      fc.pre(isAccepted(request));
      const job: JobRecord = {
        jobID: 1,
        spec: {
          command,
          name: request.jobName,
          shape: toShape(request),
          environment,
          local: false,
        },
        attempt: 0,
        killRequested: false,
      };
      assertEquals(jobCodec.read(jobCodec.write(job)), job);
    }),
    { numRuns: 500 },
  );
});

Deno.test("requests beyond what can be counted are refused: as given, rounded up, and in sum", () => {
  const base: JobRequirements = {
    jobName: "j",
    cores: 1,
    memory: 0,
    disk: 0,
    preemptible: false,
    accelerators: [],
  };
  const gpu = { kind: "gpu", count: Number.MAX_SAFE_INTEGER };
  const cases: Partial<JobRequirements>[] = [
    { memory: Number.MAX_SAFE_INTEGER },
    { disk: Number.MAX_SAFE_INTEGER },
    { cores: 1e12 },
    { accelerators: [gpu, gpu] },
  ];
  for (const rest of cases) {
    assertThrows(
      () => checkResourceRequest({ ...base, ...rest }, UNLIMITED),
      InsufficientSystemResources,
    );
  }
});

Deno.test("time limits that can't be counted are refused, and not kept as something else", () => {
  for (const timeLimitMs of [0, -1, NaN, Infinity, MAX_DURATION_MS + 1]) {
    const request = toRequirements("true", { timeLimitMs });
    assertThrows(() => checkResourceRequest(request, UNLIMITED), TypeError, "timeLimitMs");
  }
});

Deno.test("a job is written without what most jobs have", () => {
  const { command, name, shape: { cpusMilli, memoryBytes, diskBytes } } = spec();
  const written = {
    jobID: 1,
    spec: { command, name, shape: { cpusMilli, memoryBytes, diskBytes } },
  };
  const waiting = { jobID: 1, spec: spec(), attempt: 0, killRequested: false };
  assertEquals(JSON.parse(jobCodec.write(waiting)), written);
  const launched = { ...waiting, attempt: 1, taskId: "1-1" };
  assertEquals(JSON.parse(jobCodec.write(launched)), { ...written, attempt: 1, taskId: "1-1" });
  for (const job of [waiting, launched]) assertEquals(jobCodec.read(jobCodec.write(job)), job);
});

Deno.test("a variable that is called __proto__ is kept", () => {
  const environment = JSON.parse('{"__proto__":"x"}');
  const job = { jobID: 1, spec: spec({ environment }), attempt: 0, killRequested: false };
  assertEquals(Object.entries(jobCodec.read(jobCodec.write(job)).spec.environment), [
    ["__proto__", "x"],
  ]);
});

Deno.test("a result is kept whatever numbers an executor reports", () => {
  fc.assert(
    fc.property(fc.double(), fc.integer(), text, (wallTimeSeconds, exitStatus, reason) => {
      const harness = new LogicHarness();
      const taskId = harness.launchOne();
      const outcome = { wallTimeSeconds, exitStatus, reason, standardErrorTail: reason };
      harness.report(taskId, "TASK_FAILED", encodeOutcome(outcome));
      const job = harness.state.jobs.get(1);
      assertEquals(job && jobCodec.read(jobCodec.write(job)).result, job?.result);
    }),
    { numRuns: 100 },
  );
});

Deno.test("a local job's result is kept whatever its clock said", () => {
  for (const wallTimeSeconds of [NaN, Infinity, -1, 0]) {
    const harness = new LogicHarness();
    harness.issue(spec({ local: true }));
    const end = { exitReason: "FINISHED", exitStatus: 0, wallTimeSeconds } as const;
    harness.run({ type: "LOCAL_ENDED", jobID: 1, end });
    const job = harness.state.jobs.get(1);
    assertEquals(job && jobCodec.read(jobCodec.write(job)).result, job?.result);
  }
});

Deno.test("what can't be read is not written", () => {
  const executor = { agentId: "a", role: "*", executorId: "e" };
  const resources = [null, 1, {}, scalar("cpus", Infinity), scalar("cpus", NaN)];
  for (const resource of resources) {
    const record = { ...executor, resources: [resource as ReturnType<typeof scalar>] };
    assertThrows(() => executorCodec.write(record), TypeError, "executor: field 'resources.0'");
  }
  assertThrows(
    () => frameworkCodec.write({ ...newFramework(), nextJobID: 2 ** 53 }),
    TypeError,
    "framework: field 'nextJobID'",
  );
});
