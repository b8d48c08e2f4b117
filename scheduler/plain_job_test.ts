import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { jobSchema } from "./job_schema.ts";
import { plainJob, plainJobs } from "./plain_job.ts";

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    " ",
    "\0",
    "a\nb",
    "\ud800",
    "2Gi",
    "1.5 mb",
    "512",
    "-1",
    "x".repeat(50_000),
  ),
  fc.constantFrom("x".repeat(1000), "x".repeat(1001), -0, 0, 0.001, 0.0009, 1.5, 2 ** 53, 1e300),
  fc.constantFrom(Infinity, NaN, -1, true, false, null),
);

const plain = {
  command: fc.string({ minLength: 1 }),
  name: fc.string(),
  cores: fc.double({ min: 0.001, max: 100, noNaN: true }),
  memory: fc.oneof(fc.nat(), fc.constantFrom("2Gi", "512", "1.5mb")),
  disk: fc.oneof(fc.nat(), fc.constantFrom("2Gi", "512", "1.5mb")),
  preemptible: fc.boolean(),
  environment: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,5}$/), fc.string()),
  local: fc.boolean(),
};

const all = {
  ...plain,
  accelerators: fc.constant([{ kind: "gpu" }]),
  timeLimit: fc.constant("5s"),
  retries: fc.nat({ max: 3 }),
  unknown: fc.constant(1),
};

const plainFields = fc.record(plain, { requiredKeys: ["command"] });
const fields = fc.oneof(plainFields, fc.record(all, { requiredKeys: [] }));
const changed = fc.tuple(fields, fc.constantFrom(...Object.keys(all)), odd)
  .map(([job, name, value]): unknown => ({ ...job, [name]: value }));

/** Checks what is said of a job; gives whether it is known. */
function isLikeSchema(given: unknown): boolean {
  const job = plainJob(given);
  if (!job) return false;
  // The digest of a request is made of this text, and may have been stored by an earlier version.
  assertStrictEquals(JSON.stringify(job), JSON.stringify(jobSchema.parse(given)));
  assertEquals(job, jobSchema.parse(given));
  return true;
}

Deno.test("plainJob() accepts nothing that the schema does not, and gives the same", () => {
  let known = 0;
  const once = (given: unknown) => void (isLikeSchema(given) && known++);
  fc.assert(fc.property(fc.oneof(plainFields, fields, changed, odd), once), { numRuns: 1_000 });
  assert(known > 100, `${known}`);
});

Deno.test("plainJob() knows the jobs of which there are many", () => {
  const jobs = [
    { command: "true" },
    { command: "true", name: "é", cores: 0.5, memory: "2Gi", disk: 1024, preemptible: true },
    { command: "true", environment: { A: "1", B: "ü" }, local: true },
  ];
  for (const job of jobs) assert(isLikeSchema(job));
  assertEquals(plainJobs(jobs)?.length, jobs.length);
});

Deno.test("plainJob() leaves to the schema what it does not know", () => {
  const jobs = [
    {},
    { command: " " },
    { command: "true", cores: 1e999 },
    { command: "true", memory: 0.5 },
    { command: "true", retries: 1 },
    { command: "true", environment: { "1A": "" } },
    JSON.parse('{"command":"true","environment":{"__proto__":"x"}}'),
    JSON.parse('{"command":"true","__proto__":"x"}'),
    ["true"],
    null,
  ];
  for (const job of jobs) assertEquals(plainJob(job), undefined);
  assertEquals(plainJobs([{ command: "true" }, {}]), undefined);
  assertEquals(plainJobs({ command: "true" }), undefined);
});
