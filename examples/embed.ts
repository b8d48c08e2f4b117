/**
 * Runs three jobs on an embedded Mesos with two agents: `deno run --allow-all examples/embed.ts`.
 *
 * @module
 */

import { createBatchSystem } from "../mod.ts";

const WORDS = ["alpha", "beta", "gamma"];

await using batch = await createBatchSystem({ endpoint: "local:2" });

const jobIDs = await batch.issueBatchJobs(WORDS.map((word) => ({
  command: `test "$WORD" != beta`,
  requirements: { jobName: word, cores: 0.5, memory: "64Mi", disk: "1Mi" },
  jobEnvironment: { WORD: word },
})));
// deno-lint-ignore no-console
console.log(`issued ${jobIDs.join(", ")}`);

for await (const { name, exitStatus, exitReason } of batch.results()) {
  // deno-lint-ignore no-console
  console.log(`${name}: ${exitReason} with status ${exitStatus}`);
}
