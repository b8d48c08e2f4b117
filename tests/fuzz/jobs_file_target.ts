/**
 * Job files: the jobs, or one error that names every bad line.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parseJobsFile } from "../../cli/scheduler/jobs_file.ts";
import type { CheckedJob } from "../../scheduler/job_schema.ts";
import { UsageError } from "../../support/usage_error.ts";
import { InsufficientSystemResources } from "../../scheduler/core/requirements.ts";
import type { Chance } from "../sim/chance.ts";
import { mutateBytes, mutateText } from "./mutation.ts";
import { attempt, bytesOf, type Target } from "./target.ts";

/** Of what is said of a line, what does not come from the line. */
const MAX_WORDS = 1_000;

const MAX_CORES = 64;

const TOKENS = [
  "\n",
  "\n\n",
  "\r\n",
  "{",
  "}",
  "\ufeff",
  "1e999",
  '"2Gi"',
  "\u0000",
  "[".repeat(999),
];

const JOBS = [
  { command: "true" },
  { command: "echo ü", name: "n", cores: 0.5, memory: "1.5Gi", disk: 1024, preemptible: true },
  { command: "x", accelerators: [{ kind: "gpu", count: 1 }], environment: { A: "b" }, local: true },
  { command: "x", memory: 0, disk: "0", cores: 64 },
];

/** Changes one line, or bytes anywhere. */
function mutate(input: Uint8Array, chance: Chance, others: readonly Uint8Array[]): Uint8Array {
  if (chance.happens(0.3)) return mutateBytes(input, chance, { tokens: TOKENS, others });
  const lines = new TextDecoder().decode(input).split("\n");
  const index = chance.whole(0, lines.length - 1);
  const line = bytesOf(lines[index] as string);
  lines[index] = new TextDecoder().decode(mutateText(line, chance, others));
  return bytesOf(lines.join("\n"));
}

function assertSound({ command, requirements, jobEnvironment }: CheckedJob): void {
  const { cores, memory, disk, jobName } = requirements;
  assert(command.trim() !== "" && !command.includes("\0"));
  assert(Number.isFinite(cores) && cores > 0, `cores ${cores}`);
  for (const bytes of [memory, disk]) {
    assert(Number.isSafeInteger(bytes) && (bytes as number) >= 0, `size ${bytes}`);
  }
  // deno-lint-ignore no-control-regex -- that is what is looked for
  assert(!/[\u0000-\u001f\u007f]/.test(jobName ?? ""), jobName);
  for (const text of [command, jobName ?? "", ...Object.entries(jobEnvironment ?? {}).flat()]) {
    assert(text.isWellFormed(), "half a surrogate pair, which no process can be given");
    assert(!text.includes("\0"));
  }
}

function checkResourceRequest({ cores = 1, jobName = "" }: CheckedJob["requirements"]): void {
  if (cores <= MAX_CORES) return;
  const shortage = { resource: "cores", requested: cores, available: MAX_CORES };
  throw new InsufficientSystemResources(jobName, shortage);
}

/** Job files. */
export const jobsFileTarget: Target = {
  name: "jobs-file",
  iterations: 2000,
  seeds: () => [
    bytesOf(JOBS.map((job) => JSON.stringify(job)).join("\n")),
    bytesOf(`\ufeff${JSON.stringify(JOBS[1])}\r\n\n  \n`),
  ],
  mutate,
  check(content) {
    const read = attempt(UsageError, () =>
      parseJobsFile(content, {
        name: "jobs.jsonl",
        checkResourceRequest,
      }));
    const count = content.filter((byte) => byte === 0x0a).length + 1;
    if ("value" in read) {
      const { jobs, digest } = read.value;
      assert(jobs.length > 0 && jobs.length <= count);
      assertEquals(digest.length, 64);
      jobs.forEach(assertSound);
      return "read";
    }
    const [head, ...lines] = read.refused.message.split("\n");
    assert(head?.startsWith("Cannot run jobs.jsonl: "), head);
    assert(lines.length <= count);
    const numbers = lines.map((line) => Number(/^ {2}line (\d+): \S/.exec(line)?.[1]));
    numbers.forEach((number, i) => assert(number > (numbers[i - 1] ?? 0) && number <= count));
    const length = read.refused.message.length;
    assert(length < MAX_WORDS * (lines.length + 1) + 2 * content.length, `${length} characters`);
    return lines.length === 0 ? "empty" : "refused";
  },
};
