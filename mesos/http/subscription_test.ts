import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { StubMesos } from "../../tests/kit/stub_mesos.ts";
import { schedulerCallCodec, schedulerEventCodec } from "../wire/codec.ts";
import { MesosConnectionError, MesosHttpError } from "../mesos_errors.ts";
import { HttpClient } from "../../http/http_client.ts";
import type { SchedulerCall, SchedulerEvent } from "../wire/messages.ts";
import { subscribe, type SubscribeOptions } from "./subscription.ts";

const CODECS = { callCodec: schedulerCallCodec, eventCodec: schedulerEventCodec };

type Options = SubscribeOptions<SchedulerCall, SchedulerEvent>;

/** Subscribes at a URL with a client of its own, and does something with that. */
async function subscribing(
  url: URL,
  use: (options: Options) => Promise<void>,
  rest: Partial<Options> = {},
): Promise<void> {
  const client = new HttpClient();
  const call: SchedulerCall = {
    type: "SUBSCRIBE",
    subscribe: { framework_info: { user: "u", name: "n" } },
  };
  const { signal } = new AbortController();
  try {
    await use({ client, url, call, ...CODECS, headers: {}, signal, ...rest });
  } finally {
    await client.close();
  }
}

/** Takes one connection and answers these bytes; closes it then, or never. */
async function withServer(
  { bytes, closes }: { bytes: string; closes: boolean },
  use: (url: URL) => Promise<void>,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = listener.accept().then(async (connection) => {
    await connection.read(new Uint8Array(4096));
    await connection.write(new TextEncoder().encode(bytes));
    if (closes) connection.close();
    return connection;
  });
  await use(new URL(`http://127.0.0.1:${listener.addr.port}`));
  const connection = await served;
  if (!closes) connection.close();
}

for (
  const [what, bytes] of [
    ["nothing", ""],
    ["headers that do not end", "HTTP/1.1 200 OK\r\nContent-Type: x\r\n"],
  ] as const
) {
  Deno.test(`subscribe() names the server that answers ${what}`, () =>
    withServer({ bytes, closes: false }, (url) =>
      subscribing(url, async (options) => {
        await assertRejects(
          () => subscribe(options),
          MesosConnectionError,
          `No data from ${url.origin} for 0.05 s`,
        );
      }, { answerTimeoutMs: 50 })));
}

Deno.test("Subscription waits for the whole of its first event only so long", async () => {
  const mesos = new StubMesos(CODECS);
  await subscribing(mesos.url, async (options) => {
    const subscription = await subscribe(options);
    mesos.emitBytes(new TextEncoder().encode("100\nabc"));
    await assertRejects(
      () => subscription[Symbol.asyncIterator]().next(),
      MesosConnectionError,
      " for 0.1 s",
    );
  }, { answerTimeoutMs: 100 });
  await mesos.stop();
});

Deno.test("Subscription ends when five heartbeats did not come", async () => {
  const mesos = new StubMesos(CODECS);
  await subscribing(mesos.url, async (options) => {
    const subscription = await subscribe(options);
    const events = subscription[Symbol.asyncIterator]();
    mesos.emit({ type: "HEARTBEAT" });
    await events.next();
    subscription.expectHeartbeats(10);
    await assertRejects(
      () => events.next(),
      MesosConnectionError,
      `No data from ${mesos.url.origin} for 0.05 s`,
    );
  });
  await mesos.stop();
});

Deno.test("subscribe() keeps what it was told when the connection breaks within it", () =>
  withServer(
    { bytes: "HTTP/1.1 401 Unauthorized\r\nContent-Length: 20\r\n\r\nno", closes: true },
    (url) =>
      subscribing(url, async (options) => {
        const error = await assertRejects(() => subscribe(options));
        assertInstanceOf(error, MesosHttpError);
        assertEquals(error.status, 401);
      }),
  ));

Deno.test("subscribe() puts what it was told on one line", async () => {
  const answer = () => new Response("<html>\r\n  <b>no</b>\n</html>\n", { status: 500 });
  const mesos = new StubMesos({ ...CODECS, answer });
  await subscribing(mesos.url, async (options) => {
    const { message } = await assertRejects(() => subscribe(options), MesosHttpError);
    assertEquals(
      message,
      `Cannot SUBSCRIBE at ${mesos.url.origin}: HTTP 500 <html> <b>no</b> </html>`,
    );
  });
  await mesos.stop();
});

for (
  const [status, location, text] of [
    [307, "https://user:secret@m:1/x", "HTTP 307 to https://m:1, which is not followed"],
    [307, "file:///etc/passwd", "HTTP 307 to file:, which is not followed"],
    [307, "http://", "HTTP 307 to no URL, which is not followed"],
    [302, "http://m:1/x", "HTTP 302 to http://m:1, which is not followed"],
  ] as const
) {
  Deno.test(`subscribe() does not follow ${status} to ${location}`, async () => {
    const answer = () => new Response(null, { status, headers: { Location: location } });
    const mesos = new StubMesos({ ...CODECS, answer });
    await subscribing(mesos.url, async (options) => {
      const { message } = await assertRejects(() => subscribe(options), MesosHttpError);
      assertEquals(message, `Cannot SUBSCRIBE at ${mesos.url.origin}: ${text}`);
    });
    await mesos.stop();
  });
}
