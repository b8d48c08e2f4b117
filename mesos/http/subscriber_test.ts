import { assert, assertEquals } from "@std/assert";
import { HttpClient } from "../../http/http_client.ts";
import { MAX_REDIRECTS } from "../../http/redirect.ts";
import { StubMesos, type StubMesosOptions } from "../../tests/kit/stub_mesos.ts";
import { waitFor } from "../../tests/kit/wait_for.ts";
import { MesosConnectionError } from "../mesos_errors.ts";
import { schedulerCallCodec, schedulerEventCodec } from "../wire/codec.ts";
import type { SchedulerCall, SchedulerEvent } from "../wire/messages.ts";
import { Subscriber, type SubscriberOptions } from "./subscriber.ts";

type Master = StubMesos<SchedulerCall, SchedulerEvent>;

/** A wait that no test would outlast. */
const FOREVER = { baseMs: 1e9, maxMs: 1e9, random: () => 1 };
const MOVED = new MesosConnectionError("Another master leads");
const CODECS = { callCodec: schedulerCallCodec, eventCodec: schedulerEventCodec };
/** Nobody listens there. */
const NOWHERE = new URL("http://127.0.0.1:1/api");

function stub(
  answer?: StubMesosOptions<SchedulerCall, SchedulerEvent>["answer"],
): Master {
  return new StubMesos({ ...CODECS, ...(answer ? { answer } : {}) });
}

/** A master that names another leader. */
function follower(leader: () => number): Master {
  const headers = () => ({ Location: `//127.0.0.1:${leader()}/` });
  return stub(() => new Response(null, { status: 307, headers: headers() }));
}

/** Runs a subscriber; its waits, in the order in which they came, are written down. */
function subscriberOf(options: Partial<SubscriberOptions<SchedulerCall, SchedulerEvent>>) {
  const client = new HttpClient();
  const log: string[] = [];
  const subscriber = new Subscriber<SchedulerCall, SchedulerEvent>({
    client,
    nextUrl: () => Promise.resolve(NOWHERE),
    call: () => ({ type: "SUBSCRIBE" }),
    ...CODECS,
    headers: {},
    backoff: FOREVER,
    followsLeader: true,
    ...options,
  }, {
    opened: () => log.push("opened"),
    event: () => {},
    closed: () => log.push("closed"),
    attemptFailed: (_, delayMs) => log.push(delayMs > 0 ? "waits" : "hurries"),
    refused: () => log.push("refused"),
  });
  const running = subscriber.run();
  const end = async (...masters: Master[]) => {
    subscriber.stop();
    await running;
    await client.close();
    await Promise.all(masters.map((master) => master.stop()));
  };
  return { subscriber, log, end };
}

const said = (log: string[], text: string) => waitFor(() => log.includes(text), text);

Deno.test("Subscriber asks all candidates before it waits", async () => {
  const master = stub();
  const urls = [NOWHERE, NOWHERE, master.url];
  const { log, end } = subscriberOf({
    candidates: 3,
    nextUrl: () => Promise.resolve(urls.shift() ?? NOWHERE),
  });
  await said(log, "opened");
  assertEquals(log, ["hurries", "hurries", "opened"]);
  master.closeStreams();
  await said(log, "closed");
  await end(master);
});

Deno.test("Subscriber waits after each round of its candidates", async () => {
  const { log, end } = subscriberOf({ candidates: 3 });
  await said(log, "waits");
  assertEquals(log, ["hurries", "hurries", "waits"]);
  await end();
});

Deno.test("Subscriber asks a leader that is named while it waits at once", async () => {
  const master = stub();
  let url = NOWHERE;
  const { subscriber, log, end } = subscriberOf({ nextUrl: () => Promise.resolve(url) });
  await said(log, "waits");
  url = master.url;
  subscriber.moved(MOVED);
  await said(log, "opened");
  await end(master);
});

Deno.test("Subscriber leaves a master that is silent, or leads no more, for the one that does", async () => {
  const silent = stub(() => new Promise<never>(() => {}));
  const former = stub();
  for (const before of [silent, former]) {
    const master = stub();
    let { url } = before;
    const { subscriber, log, end } = subscriberOf({ nextUrl: () => Promise.resolve(url) });
    await before.received("SUBSCRIBE");
    if (before === former) await said(log, "opened");
    url = master.url;
    subscriber.moved(MOVED);
    await master.received("SUBSCRIBE");
    await end(master);
  }
  await former.stop();
  await silent.abandon();
});

Deno.test("Subscriber lets a search for the leader end by itself when one is named", async () => {
  const master = stub();
  const found = Promise.withResolvers<URL>();
  const { subscriber, log, end } = subscriberOf({ nextUrl: () => found.promise });
  subscriber.moved(MOVED);
  found.resolve(master.url);
  await said(log, "opened");
  assertEquals(log, ["opened"]);
  await end(master);
});

Deno.test("Subscriber waits where leaders change without end", async () => {
  const { subscriber, log, end } = subscriberOf({
    nextUrl: () => {
      queueMicrotask(() => subscriber.moved(MOVED));
      return Promise.resolve(NOWHERE);
    },
  });
  await said(log, "waits");
  assert(log.length <= MAX_REDIRECTS + 1, `${log}`);
  await end();
});

Deno.test("Subscriber waits where masters name each other without end", async () => {
  const one: Master = follower(() => other.port);
  const other = follower(() => one.port);
  const { log, end } = subscriberOf({ nextUrl: () => Promise.resolve(one.url) });
  await said(log, "waits");
  assertEquals(one.calls.length + other.calls.length, MAX_REDIRECTS + 1);
  await end(one, other);
});

Deno.test("Subscriber waits longer and longer where subscriptions end at once", async () => {
  const waits: number[] = [];
  // Each wait takes the product of this and its bound.
  const random = () => waits.push(0) * 0;
  const master = stub();
  const { end } = subscriberOf({
    nextUrl: () => Promise.resolve(master.url),
    backoff: { baseMs: 1, maxMs: 1000, random },
  });
  for (let opened = 1; opened <= 5; opened++) {
    await waitFor(() => master.calls.length === opened && master.streams === 1, "a subscription");
    master.closeStreams();
    await waitFor(() => waits.length === opened, "a wait");
  }
  await end(master);
});
