import { assert, assertEquals, assertRejects } from "@std/assert";
import type { z } from "zod";
import { type ControlAddress, ControlClient, ControlRequestError } from "./client.ts";
import type {
  ControlJobWithHistory,
  ControlNode,
  ControlStatus,
  ControlUpdate,
  JobInput,
  KilledJobs,
} from "./client.ts";
import type { jobSchema } from "../scheduler/job_schema.ts";
import type * as schemas from "./schemas.ts";
import { TestSite } from "./testing.ts";

/** Compiles only if the first type can stand for the second. */
type Is<A extends B, B> = A;

/** The types of the client are what the schemas say. */
export type Checks = [
  Is<z.output<typeof schemas.jobWithHistory>["state"], ControlJobWithHistory["state"]>,
  Is<keyof z.output<typeof schemas.jobWithHistory>, keyof ControlJobWithHistory>,
  Is<keyof ControlJobWithHistory, keyof z.output<typeof schemas.jobWithHistory>>,
  Is<keyof ControlNode, keyof z.output<typeof schemas.nodeList>["nodes"][number]>,
  Is<keyof z.output<typeof schemas.nodeList>["nodes"][number], keyof ControlNode>,
  Is<keyof ControlStatus, keyof z.output<typeof schemas.status>>,
  Is<keyof z.output<typeof schemas.status>, keyof ControlStatus>,
  Is<z.output<typeof schemas.updateList>["updates"][number], ControlUpdate>,
  Is<keyof z.output<typeof schemas.updateList>["updates"][number], keyof ControlUpdate>,
  Is<keyof z.output<typeof schemas.killedJobs>, keyof KilledJobs>,
  Is<z.output<typeof schemas.killedJobs>, KilledJobs>,
  Is<keyof JobInput, keyof z.output<typeof jobSchema>>,
];

function clientOf(address: ControlAddress, token?: string): ControlClient {
  return new ControlClient({ address, token });
}

Deno.test("ControlClient uses a scheduler on a Unix socket", async () => {
  await using site = await TestSite.open();
  await using client = clientOf(site.address);
  assertEquals(await client.issueJobs([{ command: "a" }, { command: "b" }]), [1, 2]);
  assertEquals(await client.issueJobs([{ command: "c" }], { key: "k" }), [3]);
  assertEquals(await client.issueJobs([{ command: "c" }], { key: "k" }), [3]);
  const waiting = client.waitForJob(1);
  await site.finish();
  assertEquals((await waiting).exitStatus, 0);
  const [update] = await client.updates({ waitSeconds: 60 });
  assertEquals(update?.jobID, 1);
  assertEquals(await client.updates({ acknowledged: update?.number ?? 0 }), []);
  const jobs = await Array.fromAsync(client.jobs({ state: "all", limit: 1 }));
  assertEquals(jobs.map(({ jobID }) => jobID), [1, 2, 3]);
  assertEquals((await client.lastEnded(5)).length, 1);
  assertEquals((await client.killJobs([2])).killed, [2]);
  assertEquals([...(await client.running()).keys()], []);
  assertEquals(await client.setIgnored("a/b", true), ["a/b"]);
  assertEquals(await client.setIgnored("a/b", false), []);
  assertEquals((await client.nodes()).length, 1);
  assertEquals((await client.status()).version, "1.2.3");
  await client.shutDown({ keepJobs: true });
  assertEquals(site.asked.shutdown, { keepJobs: true });
  const error = await assertRejects(() => client.job(99), ControlRequestError, "never issued");
  assertEquals([error.status, error.code, error.field], [404, "notFound", "jobID"]);
});

Deno.test("ControlClient uses a scheduler over TCP with its token", async () => {
  await using site = await TestSite.open({
    address: { hostname: "127.0.0.1", port: 0 },
    token: "secret",
  });
  await using client = clientOf(site.address, "secret");
  assertEquals((await client.status()).name, "tested");
  await using stranger = clientOf(site.address, "other");
  const error = await assertRejects(() => stranger.status(), ControlRequestError, "token is wrong");
  assertEquals(error.status, 401);
});

Deno.test("100 clients at once have an answer each, and every job is issued once", async () => {
  await using site = await TestSite.open();
  await using stack = new AsyncDisposableStack();
  const clients = Array.from({ length: 100 }, () => stack.use(clientOf(site.address)));
  const listener = await site.fetch("/v1/events");
  const jobIDs = await Promise.all(clients.flatMap((client) => [
    client.issueJobs([{ command: "a" }, { command: "b" }]),
    client.status().then(() => []),
  ]));
  assertEquals(new Set(jobIDs.flat()).size, 200);
  // The listener has read nothing.
  await listener.body?.cancel();
  assert((await site.call("GET", "/v1/status")).answer.jobs.waiting === 200);
});

Deno.test("ControlClient says so when something other than a scheduler answers", async () => {
  const answers = [
    ["<html>Welcome</html>", 200],
    ["", 200],
    ["<html>Bad gateway</html>", 502],
    ['{"error":"down"}', 503],
    ['{"error":{"code":7,"message":"down"}}', 404],
    ["null", 404],
  ] as const;
  for (const [body, status] of answers) {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(body, { status }),
    );
    const { hostname, port } = server.addr;
    await using client = clientOf({ hostname, port });
    const error = await assertRejects(() => client.status(), ControlRequestError, `HTTP ${status}`);
    assertEquals([error.status, error.code], [status, "unknown"]);
  }
});
