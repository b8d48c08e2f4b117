import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import type { Clock } from "../support/clock.ts";
import { SYSTEM_CLOCK } from "../support/clock.ts";
import { configureRootLogger } from "../support/log.ts";
import { warnings } from "../tests/kit/log_lines.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { BoundedServer, type BoundedServerOptions } from "./bounded_server.ts";
import { HttpClient } from "./http_client.ts";
import { type FetchHandler, fetchHandler } from "./request_handler.ts";

/** A server, and what is said to it byte by byte. */
class Served implements AsyncDisposable {
  readonly server: BoundedServer;
  readonly url: URL;

  constructor(handler: FetchHandler, options: BoundedServerOptions = {}) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.server = new BoundedServer(listener, fetchHandler(handler), options);
    this.url = new URL(`http://127.0.0.1:${this.server.port}/`);
  }

  connect(): Promise<Deno.TcpConn> {
    return Deno.connect({ hostname: "127.0.0.1", port: this.server.port });
  }

  /** Says a text, and gives all that comes until the server closes; without dates. */
  async say(text: string): Promise<string> {
    using connection = await this.connect();
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    const answer = await new Response(readable(connection)).text();
    return answer.replaceAll(/date: .*\r\n/g, "");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }
}

function readable(connection: Deno.TcpConn): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull: async (controller) => {
      const buffer = new Uint8Array(10_000);
      const count = await connection.read(buffer);
      if (count === null) controller.close();
      else controller.enqueue(buffer.subarray(0, count));
    },
  });
}

const echo: FetchHandler = async (request) =>
  new Response(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`, {
    headers: { "Content-Type": "text/plain" },
  });

const CHUNKED = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n";

Deno.test("BoundedServer answers requests one after the other, with bodies of both kinds", async () => {
  await using served = new Served(echo);
  const answer = await served.say(
    "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" +
      "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n" +
      "GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
  );
  assertEquals(
    answer,
    `${CHUNKED}\r\nb\r\nPOST /a abc\r\n0\r\n\r\n` +
      `${CHUNKED}\r\nb\r\nPOST /b def\r\n0\r\n\r\n` +
      `${CHUNKED}connection: close\r\n\r\n7\r\nGET /c \r\n0\r\n\r\n`,
  );
});

Deno.test("BoundedServer sends no chunks to HTTP/1.0, and no body for HEAD or where there is none", async () => {
  await using served = new Served(({ method, url }) =>
    url.endsWith("/none")
      ? new Response(null, { status: 202 })
      : new Response(method === "HEAD" ? null : "x", { headers: { "X-Url": url } })
  );
  const { host } = served.url;
  assertEquals(
    await served.say("GET / HTTP/1.0\r\n\r\n"),
    `HTTP/1.1 200 OK\r\ncontent-type: text/plain;charset=UTF-8\r\n` +
      `x-url: http://localhost:${served.server.port}/\r\nconnection: close\r\n\r\nx`,
  );
  assertEquals(
    await served.say(
      `HEAD http://${host}/a HTTP/1.1\r\nHost: ${host}\r\n\r\n` +
        "POST /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    ),
    `HTTP/1.1 200 OK\r\nx-url: http://${host}/a\r\n\r\n` +
      "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
  );
});

const MALFORMED = [
  "nonsense\r\n\r\n",
  "GET / HTTP/2.0\r\n\r\n",
  "GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  "GET / HTTP/1.1\r\nX Y: z\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\na",
  `GET / HTTP/1.1\r\nX: ${"x".repeat(40_000)}\r\n\r\n`,
  `GET / HTTP/1.1\r\nX: ${"x".repeat(8_000_000)}\r\n\r\n`,
];

/** What breaks off in the middle, and what might be taken for a request behind it. */
const BROKEN_BODIES = [
  "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
  "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
  `Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(10_000)}\r\na\r\n0\r\n\r\n`,
  `Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${"x".repeat(70_000)}\r\n\r\n`,
];

Deno.test("BoundedServer refuses what is no request, or has a head that is too long", async () => {
  await using served = new Served(echo);
  for (const text of MALFORMED) assertMatch(await served.say(text), /^HTTP\/1.1 400 /);
});

Deno.test("BoundedServer refuses a broken body, logs no error, and takes nothing behind it for a request", async () => {
  const asked: string[] = [];
  await using served = new Served((request) => {
    asked.push(request.url);
    return echo(request, new AbortController().signal);
  });
  const lines = await warnings(async () => {
    for (const body of BROKEN_BODIES) {
      const head = "POST / HTTP/1.1\r\nHost: h\r\n";
      const answer = await served.say(`${head}${body}GET /behind HTTP/1.1\r\nHost: h\r\n\r\n`);
      assertMatch(answer, /^HTTP\/1.1 400 [^]*\r\nconnection: close\r\n/);
      assertEquals(answer.split("HTTP/1.1").length, 2);
    }
    using connection = await served.connect();
    const cut = "POST /cut HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab";
    await connection.write(new TextEncoder().encode(cut));
    await connection.closeWrite();
    assertMatch(await new Response(readable(connection)).text(), /^HTTP\/1.1 400 /);
  });
  assertEquals(lines, []);
  assertEquals(asked.filter((url) => url.includes("behind")), []);
});

Deno.test("BoundedServer asks for a body only where it is wanted", async () => {
  const head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
  await using served = new Served(() => new Response(null, { status: 413 }));
  assertMatch(await served.say(head), /^HTTP\/1.1 413 /);
  await using other = new Served(echo);
  using connection = await other.connect();
  await connection.write(new TextEncoder().encode(head));
  const buffer = new Uint8Array(100);
  const count = await connection.read(buffer) ?? 0;
  const asked = new TextDecoder().decode(buffer.subarray(0, count));
  assertEquals(asked, "HTTP/1.1 100 Continue\r\n\r\n");
});

Deno.test("BoundedServer takes a body that is not wanted, so that the client sees the answer", async () => {
  await using served = new Served(() => new Response("no", { status: 413 }));
  await using client = new HttpClient();
  for (const _ of [1, 2]) {
    const answer = await client.request(served.url, {
      method: "POST",
      body: new Uint8Array(10_000_000),
    });
    const [bytes] = await Array.fromAsync(answer.body);
    assertEquals([answer.status, new TextDecoder().decode(bytes)], [413, "no"]);
  }
});

Deno.test("BoundedServer tells the handler, and ends the answer, when the client has gone", async () => {
  const handled = Promise.withResolvers<AbortSignal>();
  const cancelled = Promise.withResolvers<void>();
  await using served = new Served(async (request, gone) => {
    await request.text();
    if (request.url.endsWith("/stream")) {
      return new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(1)),
          cancel: () => cancelled.resolve(),
        }),
      );
    }
    handled.resolve(gone);
    return await new Promise<Response>(() => {});
  });
  const waiting = await served.connect();
  const ask = (path: string) =>
    new TextEncoder().encode(`POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na`);
  await waiting.write(ask("/"));
  const gone = await handled.promise;
  waiting.close();
  await waitFor(() => gone.aborted, "the signal");
  const streaming = await served.connect();
  await streaming.write(ask("/stream"));
  await streaming.read(new Uint8Array(1));
  streaming.close();
  await cancelled.promise;
});

Deno.test("BoundedServer answers 500 where the handler fails, and closes where its answer does", async () => {
  await using served = new Served((request) => {
    if (request.url.endsWith("/throws")) throw new Error("on purpose");
    return new Response(new ReadableStream({ pull: () => Promise.reject(new Error("later")) }));
  });
  const close = "HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  assertMatch(await served.say(`GET /throws ${close}`), /^HTTP\/1.1 500 Internal Server Error\r\n/);
  assertMatch(await served.say(`GET / ${close}`), /^HTTP\/1.1 200 OK\r\n.*\r\n\r\n$/s);
});

Deno.test("BoundedServer has further clients wait until others have left", async () => {
  await using served = new Served(echo, { maxConnections: 2 });
  const idle = [await served.connect(), await served.connect()];
  const answer = served.say("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  idle[0]?.close();
  assertMatch(await answer, /^HTTP\/1.1 200 OK/);
  idle[1]?.close();
});

Deno.test("BoundedServer closes connections on which nothing moves", async () => {
  let nowMs = 0;
  let silence = { untilMs: Infinity, end: () => {} };
  const clock: Clock = {
    ...SYSTEM_CLOCK,
    now: () => nowMs,
    after: (ms, callback) => {
      const set = silence = { untilMs: nowMs + ms, end: callback };
      return () => {
        if (silence === set) silence = { untilMs: Infinity, end: () => {} };
      };
    },
  };
  let asked = 0;
  const handler: FetchHandler = (request, gone) => {
    asked++;
    return echo(request, gone);
  };
  await using served = new Served(handler, { clock });
  /** What comes of a text, when time passes from a moment on until the connection is closed. */
  const ends = async (text: string, timeoutMs: number, isDue: () => boolean) => {
    const startMs = nowMs;
    asked = 0;
    let isClosed = false;
    const answer = served.say(text).catch(() => "").finally(() => isClosed = true);
    await waitFor(() => silence.untilMs < Infinity && isDue(), "the connection to wait");
    while (silence.untilMs < Infinity) {
      nowMs = silence.untilMs;
      silence.end();
      await new Promise((resolve) => setTimeout(resolve));
    }
    await waitFor(() => isClosed, "the connection to be closed");
    assertEquals(nowMs - startMs, timeoutMs);
    return await answer;
  };
  assertEquals(await ends("", 10_000, () => true), "");
  assertEquals(await ends("GET / HTTP/1.1\r\n", 10_000, () => true), "");
  const get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  assertMatch(await ends(get, 75_000, () => asked > 0), /^HTTP\/1.1 200 OK/);
  const body = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na";
  assertEquals(await ends(body, 60_000, () => asked > 0), "");
});

Deno.test("BoundedServer serves Unix sockets, and closes whatever is under way", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/socket`;
  const server = new BoundedServer(
    Deno.listen({ transport: "unix", path }),
    () => new Promise(() => {}),
  );
  const client = new HttpClient({ socketPath: path });
  const answer = client.request(new URL("http://h/"), { method: "GET" });
  const rejected = assertRejects(() => answer);
  await using _ = client;
  await waitFor(async () => (await Deno.stat(path)).isSocket, "the socket");
  await server.close();
  await server.close();
  await rejected;
  assertEquals(server.port, 0);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("BoundedServer warns once a minute that it can't accept connections", async () => {
  let nowMs = 0;
  const lines: string[] = [];
  const failuresMs = [0, 1_000, 61_000];
  const isOpen = Promise.withResolvers<never>();
  let isWaiting = false;
  const listener = {
    addr: { transport: "tcp", hostname: "127.0.0.1", port: 80 } as const,
    accept: () => {
      const failureMs = failuresMs.shift();
      isWaiting = failureMs === undefined;
      if (failureMs === undefined) return isOpen.promise;
      nowMs = failureMs;
      return Promise.reject(new Error(`Too many open files at ${nowMs}`));
    },
    close: () => isOpen.reject(new Deno.errors.Interrupted()),
  };
  configureRootLogger({ level: "WARN", format: "text", write: (line) => lines.push(line) });
  try {
    const clock = { ...SYSTEM_CLOCK, now: () => nowMs };
    const server = new BoundedServer(listener, () => ({ status: 200 }), { clock });
    await waitFor(() => isWaiting, "three failures");
    await server.close();
  } finally {
    configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  }
  const times = lines.map((line) => line.match(/at (\d+); trying again/)?.[1]);
  assertEquals(times, ["0", "61000"]);
});

Deno.test("BoundedServer survives too many open files", async () => {
  const directory = await Deno.makeTempDir();
  const program = `${directory}/program.ts`;
  await Deno.writeTextFile(
    program,
    `
    import { BoundedServer } from "${new URL("./bounded_server.ts", import.meta.url)}";
    import { configureRootLogger } from "${new URL("../support/log.ts", import.meta.url)}";
    const refused = Promise.withResolvers();
    configureRootLogger({ level: "WARN", format: "text", write: refused.resolve });
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const body = new TextEncoder().encode("content");
    const server = new BoundedServer(listener, () => ({ status: 200, body }));
    const { port } = server;
    // Deno opens what it needs for a request.
    await fetch("http://127.0.0.1:1").catch(() => {});
    const files = [];
    try {
      while (true) files.push(Deno.openSync("/dev/null"));
    } catch { /* no more */ }
    files.pop().close();
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    // The connection of the client has taken the last one: the server can't accept it.
    console.log(await refused.promise);
    for (const file of files) file.close();
    connection.close();
    console.log(await (await fetch("http://127.0.0.1:" + port)).text());
    await server.close();
  `,
  );
  const config = fileURLToPath(new URL("../deno.json", import.meta.url));
  const run = `ulimit -n 200; exec "$0" run --no-check --allow-all --config "$1" "$2"`;
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", run, Deno.execPath(), config, program],
  }).output();
  await Deno.remove(directory, { recursive: true });
  const [out, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert(out !== undefined);
  assertMatch(out, /Too many open files.*; trying again\ncontent\n$/, errors);
});
