import { assert, assertEquals } from "@std/assert";
import { HttpClient } from "../../http/http_client.ts";
import { StubMesos } from "../../tests/kit/stub_mesos.ts";
import { waitFor } from "../../tests/kit/wait_for.ts";
import { schedulerCallCodec, schedulerEventCodec } from "../wire/codec.ts";
import type { SchedulerCall, SchedulerEvent } from "../wire/messages.ts";
import { CallQueue, type CallQueueOptions, MANY_PENDING_CALLS } from "./call_queue.ts";

const YIELDS = { yields: true };

/** A server that answers nothing until its gate is opened. */
async function withGate(
  options: Partial<CallQueueOptions<SchedulerCall>>,
  use: (
    parts: { queue: CallQueue<SchedulerCall>; types: () => string[]; open: () => void },
  ) => Promise<void>,
): Promise<void> {
  const gate = Promise.withResolvers<undefined>();
  const master = new StubMesos<SchedulerCall, SchedulerEvent>({
    callCodec: schedulerCallCodec,
    eventCodec: schedulerEventCodec,
    answer: () => gate.promise.then(() => new Response(null, { status: 202 })),
  });
  const client = new HttpClient();
  const queue = new CallQueue<SchedulerCall>({
    client,
    url: master.url,
    codec: schedulerCallCodec,
    headers: {},
    signal: new AbortController().signal,
    onFailure: () => {},
    ...options,
  });
  const types = () => master.calls.map(({ call }) => call.type ?? "");
  try {
    await use({ queue, types, open: () => gate.resolve(undefined) });
  } finally {
    gate.resolve(undefined);
    await client.close();
    await master.stop();
  }
}

Deno.test("CallQueue sends urgent calls first, and each kind in order", async () => {
  await withGate({}, async ({ queue, types, open }) => {
    const sent = [queue.send({ type: "DECLINE" }, YIELDS)];
    await waitFor(() => types().length === 1, "the first call");
    sent.push(
      queue.send({ type: "DECLINE" }, YIELDS),
      queue.send({ type: "REVIVE" }, YIELDS),
      queue.send({ type: "ACCEPT" }),
      queue.send({ type: "KILL" }),
    );
    open();
    assertEquals(await Promise.all(sent), [true, true, true, true, true]);
    assertEquals(types(), ["DECLINE", "ACCEPT", "KILL", "DECLINE", "REVIVE"]);
  });
});

Deno.test("CallQueue merges a call into the one before it, unless that is under way", async () => {
  const merged: string[] = [];
  const merge = (earlier: SchedulerCall, later: SchedulerCall) => {
    if (earlier.type !== later.type) return false;
    merged.push(later.type ?? "");
    return true;
  };
  await withGate({ merge }, async ({ queue, types, open }) => {
    const send = (type: "DECLINE" | "REVIVE") => queue.send({ type }, YIELDS);
    const sent = [
      send("DECLINE"),
      send("DECLINE"),
      send("DECLINE"),
      send("REVIVE"),
      send("DECLINE"),
    ];
    open();
    assertEquals(await Promise.all(sent), [true, true, true, true, true]);
    assertEquals(types(), ["DECLINE", "DECLINE", "REVIVE", "DECLINE"]);
    assertEquals(merged, ["DECLINE"]);
  });
});

Deno.test("CallQueue serves several side lanes at a time, and does not keep the main order waiting", async () => {
  await withGate({}, async ({ queue, types, open }) => {
    const lanes = Array.from({ length: 100 }, (_, i) => `lane-${i}`);
    const sent = lanes.map((lane) => queue.send({ type: "ACKNOWLEDGE" }, { lane }));
    await waitFor(() => types().length === 7, "seven calls");
    sent.push(queue.send({ type: "ACCEPT" }));
    await waitFor(() => types().at(-1) === "ACCEPT", "the call of the main order");
    open();
    assert((await Promise.all(sent)).every(Boolean));
    assertEquals(types().length, 101);
  });
});

Deno.test("CallQueue.room() waits until few calls are pending", async () => {
  await withGate({}, async ({ queue, open }) => {
    await queue.room();
    let hasRoom = false;
    for (let i = 0; i <= MANY_PENDING_CALLS; i++) queue.send({ type: "KILL" });
    const last = queue.send({ type: "KILL" });
    const room = queue.room().then(() => hasRoom = true);
    await Promise.resolve();
    assertEquals(hasRoom, false);
    open();
    await room;
    await last;
  });
});
