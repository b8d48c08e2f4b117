/**
 * Lists of jobs and of updates, page by page.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { JobId } from "../job/job_id.ts";
import { TemporaryDirectory } from "../resource/testing.ts";
import { MemoryStore } from "../scheduler/store/memory_store.ts";
import { SqliteStore } from "../scheduler/store/sqlite_store.ts";
import { MAX_PAGE_CHARACTERS } from "./answers.ts";
import { TestSite } from "./testing.ts";

Deno.test("jobs are listed by state, page, name and node", async () => {
  await using site = await TestSite.open();
  const jobs = ["one", "two", "three"].map((name) => ({ name, command: "true" }));
  await site.call("POST", "/v1/jobs", jobs);
  const task = await site.launch();
  site.report(task, "TASK_RUNNING");
  await site.finish();
  const ids = async (query: string) =>
    (await site.call("GET", `/v1/jobs?${query}`)).answer.jobs.map((
      { jobID }: { jobID: number },
    ) => jobID);
  await site.call("GET", "/v1/jobs/2?wait=60");
  assertEquals(await ids(""), [1, 3]);
  assertEquals(await ids("state=running"), [1]);
  assertEquals(await ids("state=waiting,ended"), [2, 3]);
  assertEquals(await ids("state=all"), [1, 2, 3]);
  assertEquals(await ids("state=all&limit=2"), [1, 2]);
  assertEquals((await site.call("GET", "/v1/jobs?state=all&limit=2")).answer.next, 2);
  assertEquals(await ids("state=all&after=2"), [3]);
  assertEquals(await ids("state=all&search=hree"), [3]);
  assertEquals(await ids("state=all&search=ip-of-a1"), [1, 2]);
  const running = (await site.call("GET", "/v1/running")).answer;
  assertEquals(Object.keys(running), ["1"]);
  assert(running["1"] >= 0);
  assertEquals((await site.call("GET", "/v1/jobs?state=gone")).answer.error.field, "state");
});

/** The ids of each page of jobs; none is longer than its bound. */
async function jobPages(site: TestSite, query: string): Promise<JobId[][]> {
  const pages: JobId[][] = [];
  for (let after: JobId | undefined = 0; after !== undefined;) {
    const text = await (await site.fetch(`/v1/jobs?${query}&after=${after}`)).text();
    assert(text.length < MAX_PAGE_CHARACTERS + 1_000, `${text.length} characters`);
    const page: { jobs: { jobID: JobId }[]; next?: JobId } = JSON.parse(text);
    pages.push(page.jobs.map(({ jobID }) => jobID));
    after = page.next;
  }
  return pages;
}

Deno.test("a page of long jobs is cut, and the next ones have the others", async () => {
  await using directory = await TemporaryDirectory.create();
  // Six characters of JSON each.
  const command = `: ${"\u0001".repeat(100_000)}`;
  const perPage = Math.floor(MAX_PAGE_CHARACTERS / (6 * command.length));
  const all = Array.from({ length: 2 * perPage + 1 }, (_, i) => i + 1);
  for (const store of [new MemoryStore(), new SqliteStore(directory.path)]) {
    await using site = await TestSite.open({ store });
    await site.call("POST", "/v1/jobs", all.map(() => ({ command })));
    const waiting = await jobPages(site, "limit=10000");
    assertEquals([waiting.length, waiting.flat()], [3, all]);
    const ended = all.filter((jobID) => jobID % 2 === 0);
    await site.call("POST", "/v1/jobs/kill", { jobIDs: ended });
    const mixed = await jobPages(site, "state=all&limit=10000");
    assertEquals([mixed.length, mixed.flat()], [3, all]);
    assertEquals((await jobPages(site, "state=ended&limit=10000")).flat(), ended);
    await site.call("POST", "/v1/jobs/kill", { jobIDs: all });
    const { answer } = await site.call("GET", "/v1/jobs?order=end&limit=10000");
    assertEquals(answer.jobs.length, perPage);
  }
});

Deno.test("a page of long updates is cut, and what is acknowledged brings the others", async () => {
  await using site = await TestSite.open();
  const message = "\u0001".repeat(4_000);
  const count = Math.ceil(MAX_PAGE_CHARACTERS / (6 * message.length)) + 1;
  await site.call("POST", "/v1/jobs", Array.from({ length: count }, () => ({ command: "false" })));
  for (let i = 0; i < count; i++) {
    site.report(await site.launch(), "TASK_FAILED", { exitStatus: 1, standardErrorTail: message });
  }
  await site.call("GET", `/v1/jobs/${count}?wait=60`);
  const text = await (await site.fetch("/v1/updates?limit=10000")).text();
  assert(text.length < MAX_PAGE_CHARACTERS + 1_000, `${text.length} characters`);
  const { updates } = JSON.parse(text);
  const { answer } = await site.call("GET", `/v1/updates?ack=${updates.at(-1).number}`);
  assertEquals([updates.length < count, updates.length + answer.updates.length], [true, count]);
});
