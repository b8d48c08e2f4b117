import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { ROOT } from "../tests/kit/sources.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { beginningOf, HttpClient, HttpConnectionError, type HttpRequest } from "./http_client.ts";
import { MAX_CHUNK_LINE_BYTES, MAX_HEAD_BYTES } from "./message_reader.ts";
import { RawServer } from "./testing.ts";

const ACCEPTED = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
const ENDLESS = Infinity;

function post(rest: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "POST", body: new TextEncoder().encode("call"), ...rest };
}

async function failure(client: HttpClient, url: URL, request = post()): Promise<string> {
  const error = await assertRejects(async () => {
    const { body } = await client.request(url, request);
    await beginningOf(body, ENDLESS);
  }, HttpConnectionError);
  return error.message.replace(url.origin, "SERVER");
}

/** Asks a server that answers these bytes and closes the connection; gives the body. */
async function answered(bytes: string, request?: HttpRequest): Promise<string> {
  await using server = new RawServer(async ({ read, write }) => {
    await read();
    await write(bytes);
  });
  await using client = new HttpClient();
  const { body } = await client.request(server.url, request ?? post());
  return await beginningOf(body, ENDLESS);
}

/** The same where it must fail. */
async function refused(bytes: string, repeated = ""): Promise<string> {
  await using server = new RawServer(async ({ read, write }) => {
    await read();
    await write(bytes);
    while (repeated !== "") await write(repeated.repeat(1000));
  });
  await using client = new HttpClient();
  return await failure(client, server.url);
}

Deno.test("HttpClient sends nothing twice when a kept connection closes without an answer", async () => {
  await using server = new RawServer(async ({ read, write }) => {
    await read();
    await write(ACCEPTED);
    await read();
  });
  await using client = new HttpClient();
  await client.request(server.url, post());
  assertEquals(
    await failure(client, server.url),
    "Cannot reach SERVER: the connection was closed before the end of the message",
  );
  assertEquals(server.received.length, 2);
  assertEquals(server.connections, 1);
});

Deno.test("HttpClient sends nothing twice on a new connection, of its own or not", async () => {
  for (const dedicated of [false, true]) {
    await using server = new RawServer(({ read }) => read());
    await using client = new HttpClient();
    await failure(client, server.url, post({ dedicated }));
    assertEquals(server.received.length, 1);
  }
});

Deno.test("HttpClient keeps connections, and notices when the server closes one", async () => {
  const close = Promise.withResolvers<void>();
  await using server = new RawServer(async ({ read, write }) => {
    for (let i = 0; i < 3; i++) {
      await read();
      await write(ACCEPTED);
    }
    await close.promise;
  });
  await using client = new HttpClient();
  for (let i = 0; i < 3; i++) await client.request(server.url, post());
  assertEquals(server.connections, 1);
  close.resolve();
  await waitFor(async () => {
    const isRefused = await client.request(server.url, post()).then(() => false, () => true);
    return !isRefused && server.connections === 2;
  }, "another connection");
});

Deno.test("HttpClient.request() that is aborted before it begins leaves a kept connection alone", async () => {
  await using server = new RawServer(async ({ read, write }) => {
    for (let i = 0; i < 2; i++) {
      await read();
      await write(ACCEPTED);
    }
    await read();
  });
  await using client = new HttpClient();
  await client.request(server.url, post());
  const signal = AbortSignal.abort(new RangeError("it was enough"));
  await assertRejects(() => client.request(server.url, post({ signal })), RangeError);
  await client.request(server.url, post());
  assertEquals(server.connections, 1);
});

Deno.test("HttpClient.request() sends method, path, headers and body as they are", async () => {
  await using server = new RawServer(async ({ read, write }) => {
    await read();
    await write(ACCEPTED);
  });
  await using client = new HttpClient();
  const url = new URL("/a/b?c=%20d#e", server.url);
  await client.request(url, post({ headers: { Authorization: "Bearer x" } }));
  assertEquals(
    server.received.join(""),
    `POST /a/b?c=%20d HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer x\r\n` +
      "Content-Length: 4\r\n\r\ncall",
  );
});

Deno.test("HttpClient.request() sends the user of a URL as a credential, and no header of two lines", async () => {
  await using server = new RawServer(async ({ read, write }) => {
    await read();
    await write(ACCEPTED);
  });
  await using client = new HttpClient();
  const url = new URL(server.url);
  url.username = "u";
  url.password = "p:%25";
  const headers = { "X-A": "b\r\nX-C: d" };
  await assertRejects(() => client.request(server.url, post({ headers })), Error, '"X-A"');
  await client.request(url, { method: "GET" });
  assert(server.received.join("").includes("\r\nAuthorization: Basic dTpwOiU=\r\n"));
});

Deno.test("HttpClient reads bodies of every framing", async () => {
  const ok = "HTTP/1.1 200 OK\r\n";
  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
  const bodies: [string, string][] = [
    [`${ok}Content-Length: 3\r\n\r\nabc`, "abc"],
    [`${chunked}1\r\na\r\nA;x="y"\r\n0123456789\r\n0\r\nX: y\r\n\r\n`, "a0123456789"],
    [`${ok}\r\nuntil the end`, "until the end"],
    ["HTTP/1.0 200\nX: y\n\nlines of one byte", "lines of one byte"],
    ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" + ACCEPTED, ""],
    ["HTTP/1.1 204 No Content\r\n\r\n", ""],
    [`${ok}Content-Length: 100000\r\n\r\n${"x".repeat(100_000)}`, "x".repeat(100_000)],
  ];
  for (const [bytes, body] of bodies) assertEquals(await answered(bytes), body);
});

Deno.test("HttpClient refuses answers that are cut or no HTTP", async () => {
  const ok = "HTTP/1.1 200 OK\r\n";
  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
  const reasons: [string, string][] = [
    ["", "closed before the end"],
    [`${ok}Content-Le`, "closed before the end"],
    [`${ok}Content-Length: 5\r\n\r\nabc`, "closed before the end"],
    [`${chunked}5\r\nabc`, "closed before the end"],
    [`${chunked}1\r\na\r\n`, "closed before the end"],
    [`${chunked}1\r\nab\r\n0\r\n\r\n`, "longer than its size"],
    [`${chunked}-1\r\n`, "no size"],
    [`${chunked}${"f".repeat(17)}\r\n`, "no size"],
    ["SSH-2.0-x\r\n\r\n", "not HTTP/1.1"],
    ["HTTP/1.1 101 Switching Protocols\r\n\r\n", "another protocol"],
    [`${ok}Content-Length: -1\r\n\r\n`, "not a number"],
    [`${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, "not a number"],
    [`${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, "transfer encoding"],
    [`${ok}Transfer-Encoding: gzip\r\n\r\n`, "transfer encoding"],
    [`${ok} folded\r\n\r\n`, "malformed"],
    [`${ok}X: a\rb\r\n\r\n`, "malformed"],
  ];
  for (const [bytes, reason] of reasons) {
    const message = await refused(bytes);
    assert(message.includes(reason), `${JSON.stringify(bytes)}: ${message}`);
  }
});

Deno.test("HttpClient bounds heads, interim answers, lines before chunks, and trailers", async () => {
  assert(MAX_CHUNK_LINE_BYTES < MAX_HEAD_BYTES);
  const ok = "HTTP/1.1 200 OK\r\n";
  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
  const endless: [string, string][] = [
    ["", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["", "x"],
    [ok, "A: b\r\n"],
    [`${ok}A: `, "b"],
    [`${chunked}1;`, "x"],
    [`${chunked}0\r\n`, "A: b\r\n"],
  ];
  for (const [bytes, repeated] of endless) {
    const message = await refused(bytes, repeated);
    assert(message.includes("too long"), `${JSON.stringify([bytes, repeated])}: ${message}`);
  }
});

Deno.test("HttpClient takes an answer that comes before the whole request was read", async () => {
  await using server = new RawServer(async ({ read, write }) => {
    await read();
    await write("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n");
    while (await read() !== undefined);
  });
  await using client = new HttpClient();
  const answer = await client.request(server.url, post({ body: new Uint8Array(8_000_000) }));
  assertEquals(answer.status, 413);
});

Deno.test("HttpClient ends requests and bodies with the reason of the signal, or of silence", async () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na";
  for (const bytes of ["", head]) {
    await using server = new RawServer(async ({ read, write }) => {
      await read();
      await write(bytes);
      await read();
    });
    await using client = new HttpClient();
    assertEquals(
      await failure(client, server.url, post({ idleTimeoutMs: 20 })),
      "Cannot reach SERVER: nothing came for 20 ms",
    );
    const abort = new AbortController();
    const reason = new RangeError("it was enough");
    const url = new URL("/aborted", server.url);
    const asked = client.request(url, post({ signal: abort.signal }))
      .then(({ body }) => beginningOf(body, ENDLESS)).catch((error) => error);
    // The silent request may have ended before the server had read it.
    await waitFor(() => server.received.some((text) => text.includes(url.pathname)), "the request");
    abort.abort(reason);
    assertEquals(await asked, reason);
  }
});

Deno.test("HttpClient.close() ends what is under way", async () => {
  await using server = new RawServer(({ read }) => read().then(read));
  await using client = new HttpClient();
  const asked = failure(client, server.url);
  await waitFor(() => server.received.length === 1, "the request");
  await client.close();
  assertEquals(await asked, "Cannot reach SERVER: the client was closed");
  assertEquals(await failure(client, server.url), "Cannot reach SERVER: the client was closed");
});

Deno.test("HttpClient speaks TLS with whom it trusts, and on Unix sockets", async () => {
  const read = (name: string) => Deno.readTextFileSync(join(ROOT, "tests/tls", name));
  const tls = { cert: read("server.pem"), key: read("server.key") };
  const quiet = { onListen: () => {} };
  await using secure = Deno.serve({ hostname: "127.0.0.1", port: 0, ...tls, ...quiet }, () => {
    return new Response("secure");
  });
  const url = new URL(`https://127.0.0.1:${secure.addr.port}`);
  await using stranger = new HttpClient();
  assert((await failure(stranger, url)).includes("UnknownIssuer"));
  await using client = new HttpClient({ caCertificates: read("ca.pem") });
  const { body, localAddress } = await client.request(url, { method: "GET" });
  assertEquals([await beginningOf(body), localAddress], ["secure", "127.0.0.1"]);
  const directory = await Deno.makeTempDir();
  const path = join(directory, "socket");
  await using local = Deno.serve({ path, ...quiet }, () => new Response("local"));
  await using socket = new HttpClient({ socketPath: path });
  const answer = await socket.request(new URL("http://agent:1"), { method: "GET" });
  assertEquals([await beginningOf(answer.body), answer.localAddress], ["local", undefined]);
  await local.shutdown();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("HttpClient says who can't be reached", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using client = new HttpClient();
  const url = new URL(`http://127.0.0.1:${port}`);
  assertEquals(await failure(client, url), "Cannot reach SERVER: Connection refused");
});

Deno.test("HttpClient.close() leaves no connection that was being made", async () => {
  await using server = new RawServer(({ read }) => read());
  for (let turns = 0; turns < 100; turns++) {
    const client = new HttpClient();
    const asked = client.request(server.url, post()).catch(() => "failed");
    for (let turn = 0; turn < turns % 10; turn++) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    await client.close();
    assertEquals(await asked, "failed");
  }
});
