/**
 * The client of a running scheduler, imported by the name that the package exports it under.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ControlClient, ControlRequestError, type JobInput } from "@toil/mesos/client";
import { TestSite } from "../../control/testing.ts";

Deno.test("@toil/mesos/client issues jobs and waits for them", async () => {
  await using site = await TestSite.open();
  await using client = new ControlClient({ address: site.address });
  const jobs: JobInput[] = [{ command: "true", retries: 1 }, { command: "exit 3" }];
  assertEquals(await client.issueJobs(jobs), [1, 2]);
  const waiting = client.waitForJob(1);
  await site.finish();
  assertEquals((await waiting).exitReason, "FINISHED");
  const wrong = [{ command: "true", cores: -1 }];
  const error = await assertRejects(() => client.issueJobs(wrong), ControlRequestError);
  assertEquals([error.status, error.field, error.retryable], [400, "0.cores", false]);
});
