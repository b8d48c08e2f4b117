/**
 * Clients that ask a scheduler for much, and read nothing of it.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ControlClient } from "../../control/client.ts";
import { MAX_LISTED_JOBS } from "../../control/schemas.ts";
import { MEBIBYTE } from "../../support/units.ts";
import { Workplace } from "../kit/workplace.ts";

/** Far more than sockets hold. */
const OUTPUT_BYTES = 64 * MEBIBYTE;

const READERS = 8;

/** Asks, and reads no further than the beginning of the answer. */
async function askOnly(socket: string, path: string): Promise<Deno.UnixConn> {
  const connection = await Deno.connect({ transport: "unix", path: socket });
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const bytes = new Uint8Array(100);
  const length = await connection.read(bytes) ?? 0;
  assertStringIncludes(new TextDecoder().decode(bytes.subarray(0, length)), "HTTP/1.1 200 OK");
  return connection;
}

/** The memory of a scheduler, as its metrics have it. */
async function residentBytes(socket: string): Promise<number> {
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  const metrics = await (await fetch("http://localhost/metrics", { client })).text();
  return Number(/^toil_mesos_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
}

Deno.test("slow readers of jobs and of a job's output keep neither clients nor jobs waiting", async () => {
  await using place = await Workplace.create();
  const socket = place.at("s");
  const scheduler = place.start([
    ...["scheduler", "--endpoint", "local", "--state", "state", "--listen", `unix:${socket}`],
  ]);
  await scheduler.registered();
  await using client = new ControlClient({ address: { path: socket } });
  const [writer = 0] = await client.issueJobs([{ command: `head -c ${OUTPUT_BYTES} /dev/zero` }]);
  assertEquals((await client.waitForJob(writer)).exitStatus, 0);
  for (const { address } of await client.nodes()) await client.setIgnored(address, true);
  // A list of all would be larger than the output.
  const long = { command: "x".repeat(100_000) };
  for (let i = 0; i < 2; i++) await client.issueJobs(Array<typeof long>(500).fill(long));
  const before = await residentBytes(socket);
  using stack = new DisposableStack();
  for (let i = 0; i < READERS; i++) {
    for (const path of [`${writer}/stdout`, `?limit=${MAX_LISTED_JOBS}`]) {
      stack.use(await askOnly(socket, `/v1/jobs${path.startsWith("?") ? "" : "/"}${path}`));
    }
  }
  const [local = 0] = await client.issueJobs([{ command: "echo served", local: true }]);
  assertEquals((await client.waitForJob(local)).exitStatus, 0);
  const [output] = await Array.fromAsync(client.output(local, "stdout"));
  assertEquals(new TextDecoder().decode(output), "served\n");
  let size = 0;
  for await (const chunk of client.output(writer, "stdout")) size += chunk.length;
  assertEquals(size, OUTPUT_BYTES);
  const grown = await residentBytes(socket) - before;
  assert(grown < READERS * OUTPUT_BYTES / 2, `${grown} bytes are held for slow readers`);
  stack.dispose();
  scheduler.kill("SIGINT");
  await scheduler.ended;
});
