import { assertEquals, assertStringIncludes } from "@std/assert";
import type { BatchSystemEvent } from "../scheduler/core/events.ts";
import { MessageBus } from "../scheduler/message_bus.ts";
import { EventFeed, MAX_KEPT_EVENTS } from "./event_feed.ts";
import { TestSite } from "./testing.ts";

function issued(jobID: number): BatchSystemEvent {
  return { type: "JOB_ISSUED", jobID, name: `job-${jobID}` };
}

interface Received {
  readonly id: string;
  readonly event: string;
  readonly jobID?: number;
}

/** Reads events until there are so many. */
async function read(stream: ReadableStream<Uint8Array>, count: number): Promise<Received[]> {
  let text = "";
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  const received = () =>
    [...text.matchAll(/id: (.*)\nevent: (.*)\ndata: (.*)\n\n/g)].map(([, id, event, data]) => ({
      id: id ?? "",
      event: event ?? "",
      ...JSON.parse(data ?? "{}"),
    }));
  while (received().length < count) text += (await reader.read()).value ?? "";
  await reader.cancel();
  return received();
}

Deno.test("EventFeed sends what happens from now on, or after what a client has seen", async () => {
  const bus = new MessageBus();
  const feed = new EventFeed(bus, () => 7);
  bus.publish(issued(1));
  const live = read(feed.stream(undefined), 2);
  bus.publish(issued(2));
  bus.publish(issued(3));
  const events = await live;
  assertEquals(events.map(({ event, jobID }) => [event, jobID]), [
    ["JOB_ISSUED", 2],
    ["JOB_ISSUED", 3],
  ]);
  const resumed = await read(feed.stream(events[0]?.id), 1);
  assertEquals(resumed.map(({ jobID }) => jobID), [3]);
  feed.close();
});

Deno.test("EventFeed tells a client of another life, or far behind, that it has missed events", async () => {
  const bus = new MessageBus();
  const feed = new EventFeed(bus, () => 7);
  assertEquals((await read(feed.stream("abcdef01-5"), 1))[0]?.event, "reset");
  assertEquals((await read(feed.stream("nonsense"), 1))[0]?.event, "reset");
  const slow = feed.stream(undefined);
  bus.publish(issued(1));
  for (let n = 0; n < 2 * MAX_KEPT_EVENTS; n++) bus.publish(issued(n + 2));
  const reset = (await read(slow, 1))[0];
  assertEquals(reset?.event, "reset");
  bus.publish(issued(99_999));
  assertEquals((await read(feed.stream(reset?.id), 1))[0]?.jobID, 99_999);
  feed.close();
});

Deno.test("the events of a scheduler come as server-sent ones", async () => {
  await using site = await TestSite.open();
  const response = await site.fetch("/v1/events");
  assertStringIncludes(response.headers.get("content-type") ?? "", "text/event-stream");
  await site.call("POST", "/v1/jobs", { command: "a", name: "first" });
  const [event] = response.body ? await read(response.body, 1) : [];
  assertEquals([event?.event, event?.jobID], ["JOB_ISSUED", 1]);
});
