import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { JobRecord } from "../core/records.ts";
import { spec } from "../testing.ts";
import { jobCodec, jobRecordSchema } from "./record_schemas.ts";
import { waitingJob } from "./waiting_job.ts";

const WAITING: JobRecord = {
  jobID: 1,
  spec: spec({ environment: { A: "1" }, fileDigest: "d", unreported: true }),
  issuedAtMs: 1.5,
  attempt: 0,
  killRequested: false,
};

const PATHS: readonly (readonly string[])[] = [
  ...["jobID", "spec", "issuedAtMs", "attempt", "killRequested", "taskId", "new", "__proto__"]
    .map((name) => [name]),
  ...["command", "name", "shape", "environment", "local", "fileDigest", "unreported", "retries"]
    .map((name) => ["spec", name]),
  ...["timeLimitMs", "new"].map((name) => ["spec", name]),
  ...["cpusMilli", "memoryBytes", "diskBytes", "gpus", "preemptible", "new"]
    .map((name) => ["spec", "shape", name]),
  ...["A", "B", "__proto__"].map((name) => ["spec", "environment", name]),
];

const VALUES: readonly unknown[] = [
  undefined,
  null,
  ...[0, -0, 1, -1, 0.5, 2 ** 53, NaN, Infinity, "", "x", true, false],
  ...[[], ["x"], {}, { A: 1 }, { A: "1" }],
];

/** A change of a record: a field is set, or removed. */
const change = fc.record({
  path: fc.constantFrom(...PATHS),
  value: fc.constantFrom(...VALUES),
  isRemoval: fc.boolean(),
});

function changed(
  record: object,
  { path, value, isRemoval }: { path: readonly string[]; value: unknown; isRemoval: boolean },
): void {
  let at: object = record;
  for (const name of path.slice(0, -1)) {
    const next: unknown = Reflect.get(at, name);
    if (typeof next !== "object" || next === null) return;
    at = next;
  }
  const name = path.at(-1) ?? "";
  if (isRemoval) Reflect.deleteProperty(at, name);
  else {
    Object.defineProperty(at, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}

Deno.test("waitingJob() accepts jobs as they are issued", () => {
  assertEquals(waitingJob(WAITING), WAITING);
  const plain = { jobID: 7, spec: spec(), attempt: 0, killRequested: false };
  assertEquals(waitingJob(plain), plain);
});

Deno.test("waitingJob() reads what it accepts as the schema does", () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
      const record = structuredClone(WAITING);
      for (const each of changes) changed(record, each);
      const job = waitingJob(record);
      if (!job) return;
      accepted++;
      assertEquals(jobRecordSchema.parse(record), job);
    }),
    { numRuns: 5_000 },
  );
  assert(accepted > 100);
});

Deno.test("waitingJob() leaves each field that is wrong to the schema, which names it", () => {
  for (const path of PATHS) {
    for (const value of VALUES) {
      const record = structuredClone(WAITING);
      changed(record, { path, value, isRemoval: false });
      const job = waitingJob(record);
      if (job) assertEquals(jobRecordSchema.parse(record), job);
      else if (!jobRecordSchema.safeParse(record).success) {
        const error = assertThrows(() => jobCodec.write(record), TypeError);
        assert(error.message.startsWith(`job: field '${path.slice(0, 1).join()}`), error.message);
      }
    }
  }
});
