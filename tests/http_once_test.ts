/**
 * No client sends a request again when the connection closes after it was read: only its caller
 * knows whether it may be repeated.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { MasterConnection } from "../cluster/agent/master_connection.ts";
import { fetchUris } from "../cluster/agent/fetcher.ts";
import { FetcherCache } from "../cluster/agent/fetcher_cache.ts";
import { LINK_HEADER } from "../cluster/protocol/agent_protocol.ts";
import { type Peer, RawServer } from "../http/testing.ts";
import { HttpClient } from "../http/http_client.ts";
import { CallQueue } from "../mesos/http/call_queue.ts";
import { subscribe } from "../mesos/http/subscription.ts";
import {
  type Codec,
  executorCallCodec,
  schedulerCallCodec,
  schedulerEventCodec,
} from "../mesos/wire/codec.ts";
import type { ExecutorCall, SchedulerCall } from "../mesos/wire/messages.ts";
import { download } from "../resource/download.ts";
import { waitFor } from "./kit/wait_for.ts";

const ACCEPTED = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

/** Accepts the first request of a connection, and closes it once the second one was read. */
async function swallow({ read, write }: Peer): Promise<void> {
  await read();
  await write(ACCEPTED);
  await read();
}

/** Sends two calls to a server that swallows the second; gives how many have come. */
async function callsReceived<Call extends { type?: string | undefined }>(
  codec: Codec<Call>,
  call: Call,
): Promise<number> {
  await using server = new RawServer(swallow);
  await using client = new HttpClient();
  const failed = Promise.withResolvers<Error>();
  const queue = new CallQueue<Call>({
    client,
    url: server.url,
    codec,
    headers: {},
    signal: new AbortController().signal,
    onFailure: failed.resolve,
  });
  assertEquals(await queue.send(call), true);
  assertEquals(await queue.send(call), false);
  await failed.promise;
  return server.received.length;
}

Deno.test("calls of schedulers and executors are sent once", async () => {
  const accept: SchedulerCall = { type: "ACCEPT", accept: { offer_ids: [{ value: "o" }] } };
  assertEquals(await callsReceived(schedulerCallCodec, accept), 2);
  const message: ExecutorCall = {
    type: "MESSAGE",
    executor_id: { value: "e" },
    framework_id: { value: "f" },
    message: { data: new Uint8Array([1]) },
  };
  assertEquals(await callsReceived(executorCallCodec, message), 2);
});

Deno.test("a subscription is asked for once", async () => {
  await using server = new RawServer(({ read }) => read());
  await using client = new HttpClient();
  await assertRejects(() =>
    subscribe({
      client,
      url: server.url,
      call: { type: "SUBSCRIBE" },
      callCodec: schedulerCallCodec,
      eventCodec: schedulerEventCodec,
      headers: {},
      signal: new AbortController().signal,
    })
  );
  assertEquals(server.received.length, 1);
});

Deno.test("an attempt to download a user script, and a URI of a command, is one request", async () => {
  await using server = new RawServer(({ read }) => read());
  const directory = await Deno.makeTempDir();
  const file = `${directory}/file`;
  const url = `${server.url}script`;
  const options = { expected: { md5: "" }, retryDelaysMs: [] };
  await assertRejects(() => download(url, file, options));
  assertEquals(server.received.length, 1);
  const { signal } = new AbortController();
  const fetching = { signal, cache: new FetcherCache(`${directory}/cache`) };
  for (const cache of [false, true]) {
    await assertRejects(() => fetchUris([{ value: url, cache }], directory, fetching));
  }
  assertEquals(server.received.length, 3);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("what an agent tells its master is sent once, and then the agent registers again", async () => {
  const told: string[] = [];
  await using server = new RawServer(async ({ read, write }) => {
    const request = await read() ?? "";
    if (!request.includes("REGISTRATION")) {
      told.push(request);
      return;
    }
    await write(`HTTP/1.1 200 OK\r\n${LINK_HEADER}: link\r\n\r\n`);
    while (await read() !== undefined);
  });
  let lost = 0;
  const connection = new MasterConnection({
    master: server.url,
    registrationBackoffMs: 1,
    credential: undefined,
    // Only its name is of interest here.
    registration: () => ({ REGISTRATION: true }) as never,
    onMessage: () => {},
    onLost: () => lost++,
  });
  connection.register();
  await waitFor(() => server.connections === 1, "the link");
  await waitFor(() => {
    if (told.length === 0) connection.tell({ type: "PONG" } as never);
    return lost > 0;
  }, "the loss of the link");
  assertEquals(told.length, 1);
  await connection.close();
});
