import { assertEquals, assertStringIncludes } from "@std/assert";
import type { BatchSystemEvent } from "../scheduler/core/events.ts";
import { MessageBus } from "../scheduler/message_bus.ts";
import { EventFeed, MAX_KEPT_EVENTS } from "./event_feed.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
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

Deno.test("an event client that returns with Last-Event-ID has every event once", async () => {
  await using site = await TestSite.open();
  const issue = (name: string) => site.call("POST", "/v1/jobs", { command: "a", name });
  const listen = (headers: Record<string, string>) => site.fetch("/v1/events", { headers });
  const first = await listen({});
  await issue("seen");
  const [seen] = first.body ? await read(first.body, 1) : [];
  await issue("missed");
  const second = await listen({ "last-event-id": seen?.id ?? "" });
  await issue("live");
  const events = second.body ? await read(second.body, 2) : [];
  assertEquals(events.map(({ event, jobID }) => [event, jobID]), [
    ["JOB_ISSUED", 2],
    ["JOB_ISSUED", 3],
  ]);
  const third = await listen({ "last-event-id": events.at(-1)?.id ?? "" });
  await issue("later");
  const [later] = third.body ? await read(third.body, 1) : [];
  assertEquals(later?.jobID, 4);
});

Deno.test("an event client that reads nothing keeps nobody waiting, and learns what it has missed", async () => {
  await using site = await TestSite.open();
  const { address } = site;
  if (!("path" in address)) throw new TypeError("not a socket");
  using idle = await Deno.connect({ transport: "unix", path: address.path });
  await idle.write(new TextEncoder().encode("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  await waitFor(async () => (await site.call("GET", "/v1/status")).status === 200, "an answer");
  // More than sockets hold, and more than the feed keeps.
  const jobs = Array.from({ length: 10_000 }, () => ({ command: "true", name: "x".repeat(100) }));
  for (let i = 0; i < 3; i++) {
    const { answer } = await site.call("POST", "/v1/jobs", jobs);
    assertEquals(answer.jobIDs.length, jobs.length);
  }
  assertEquals((await site.call("GET", "/v1/status")).answer.jobs.waiting, 30_000);
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of idle.readable) {
    text = text.slice(-100) + decoder.decode(chunk, { stream: true });
    if (text.includes("event: reset")) break;
  }
});
