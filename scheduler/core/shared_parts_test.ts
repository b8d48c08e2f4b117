import { assertEquals, assertStrictEquals } from "@std/assert";
import { shape, spec } from "../testing.ts";
import type { JobRecord } from "./records.ts";
import { MAX_SHARED_SHAPES, SharedParts } from "./shared_parts.ts";

function job(jobID: number, environment: Record<string, string>): JobRecord {
  return { jobID, spec: spec({ environment }), attempt: 0, killRequested: false };
}

Deno.test("SharedParts gives equal shapes back as one object, and no other", () => {
  const parts = new SharedParts();
  const first = parts.shape(shape());
  assertStrictEquals(parts.shape(shape()), first);
  const other = shape({ preemptible: true });
  assertStrictEquals(parts.shape(other), other);
});

Deno.test("SharedParts shares an environment with the one before it", () => {
  const parts = new SharedParts();
  const environments = [{ A: "1" }, { A: "1" }, { A: "2" }, { B: "2" }, {}, {}]
    .map((each) => parts.share(job(1, each)).spec.environment);
  assertEquals(environments.map((each) => ({ ...each })), [
    { A: "1" },
    { A: "1" },
    { A: "2" },
    { B: "2" },
    {},
    {},
  ]);
  assertStrictEquals(environments[1], environments[0]);
  assertStrictEquals(environments[5], environments[4]);
});

Deno.test("SharedParts does not change what it shares", () => {
  const parts = new SharedParts();
  for (const jobID of [1, 2]) {
    assertEquals(parts.share(job(jobID, { A: "1" })), job(jobID, { A: "1" }));
  }
});

Deno.test("SharedParts knows a bounded number of shapes", () => {
  const parts = new SharedParts();
  const first = parts.shape(shape());
  for (let gpus = 1; gpus <= MAX_SHARED_SHAPES; gpus++) parts.shape(shape({ gpus }));
  const again = shape();
  assertStrictEquals(parts.shape(again), again);
  assertEquals(again, first);
});
