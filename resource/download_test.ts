import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { pathToFileURL } from "node:url";
import { download, type DownloadOptions, type ExpectedDigests } from "./download.ts";
import { UserScriptError } from "./resource_errors.ts";
import { md5Of, readTree, sha256Of, TemporaryDirectory } from "./testing.ts";

const CONTENT = "the content ".repeat(10_000);
const EXPECTED = { md5: md5Of(CONTENT), sha256: sha256Of(CONTENT) };
const SOON = { retryDelaysMs: [1, 1], idleTimeoutMs: 5000 };

/** What a reply can do; when it is done, the connection is closed. */
interface Peer {
  write(text: string): Promise<unknown>;
  /** Resolves when the client has hung up. */
  gone(): Promise<unknown>;
}

type Reply = (peer: Peer) => Promise<unknown>;

const ok: Reply = ({ write }) =>
  write(`HTTP/1.1 200 OK\r\nContent-Length: ${CONTENT.length}\r\n\r\n${CONTENT}`);
const answer = (head: string, body = ""): Reply => ({ write }) =>
  write(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

/** A server that gives these replies, one a connection, and then hangs up; counts what it gave. */
class ScriptedServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #running: Promise<void>;
  /** Requests that came. */
  requests: string[] = [];

  constructor(...replies: Reply[]) {
    this.#running = this.#serve(replies);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/script`;
  }

  async #serve(replies: Reply[]): Promise<void> {
    for await (const connection of this.#listener) {
      const request = new Uint8Array(4096);
      const count = await connection.read(request);
      this.requests.push(new TextDecoder().decode(request.subarray(0, count ?? 0)));
      const reply = replies.shift();
      await reply?.({
        write: (text) => writeAll(connection, text),
        gone: () => connection.read(request),
      }).catch(() => {}); // it may have hung up
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
  }
}

async function writeAll(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
  }
}

async function downloaded(
  url: string,
  options: DownloadOptions & { expected?: ExpectedDigests } = {},
): Promise<string> {
  await using directory = await TemporaryDirectory.create();
  await download(url, directory.at("file"), { expected: EXPECTED, ...SOON, ...options });
  return await Deno.readTextFile(directory.at("file"));
}

/** Downloads what must fail; gives the error, having seen that nothing is left. */
async function failure(
  url: string,
  options: DownloadOptions & { expected?: ExpectedDigests } = {},
): Promise<UserScriptError> {
  await using directory = await TemporaryDirectory.create();
  const file = directory.at("file");
  const error = await assertRejects(
    () => download(url, file, { expected: EXPECTED, ...SOON, ...options }),
    UserScriptError,
  );
  assertEquals(await readTree(directory.path), {});
  return error;
}

Deno.test("download() fetches over HTTP and from files", async () => {
  await using directory = await TemporaryDirectory.create();
  await using server = new ScriptedServer(ok);
  assertEquals(await downloaded(server.url), CONTENT);
  await Deno.writeTextFile(directory.at("a b#é%41"), CONTENT);
  const url = pathToFileURL(directory.at("a b#é%41")).href;
  assertEquals(await downloaded(url), CONTENT);
  assertEquals(await downloaded(url.replace("file://", "file:")), CONTENT);
});

Deno.test("download() tries again after 5xx, 429 and 408, broken connections and cut bodies", async () => {
  const breaks: Record<string, Reply> = {
    unavailable: answer("503 Service Unavailable"),
    tooMany: answer("429 Too Many Requests"),
    tooSlow: answer("408 Request Timeout"),
    hangUp: () => Promise.resolve(),
    cut: ({ write }) => write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart"),
    cutChunk: ({ write }) =>
      write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"),
    garbage: ({ write }) => write("220 mail.example ESMTP\r\n"),
  };
  for (const reply of Object.values(breaks)) {
    await using server = new ScriptedServer(reply, reply, ok);
    assertEquals(await downloaded(server.url), CONTENT);
    assertEquals(server.requests.length, 3);
  }
});

Deno.test("download() gives up after its last pause, and says why", async () => {
  const busy = answer("503 Service Unavailable", "<h1>busy,\n  come back</h1>");
  await using server = new ScriptedServer(busy, busy, busy, ok);
  const error = await failure(server.url);
  assertEquals(
    error.message,
    `Cannot download user script ${server.url}: HTTP 503 Service Unavailable: <h1>busy, come back</h1>`,
  );
  assertEquals([error.path, error.retryable, server.requests.length], [server.url, true, 3]);
});

Deno.test("download() doesn't try again after other 4xx and other answers", async () => {
  for (const head of ["404 Not Found", "403 Forbidden", "204 No Content", "304 Not Modified"]) {
    await using server = new ScriptedServer(answer(head), ok);
    const error = await failure(server.url);
    assertStringIncludes(error.message, `HTTP ${head}`);
    assertEquals([error.retryable, server.requests.length], [false, 1]);
  }
});

Deno.test("download() shows only the beginning of an error's body", async () => {
  await using server = new ScriptedServer(answer("404 Not Found", "x".repeat(100_000)));
  const { message } = await failure(server.url);
  assertStringIncludes(message, "x".repeat(300));
  assert(message.length < 500);
});

Deno.test("download() gives up on a server that says nothing, or nothing more", async () => {
  const silent: Reply = ({ gone }) => gone();
  const stalled: Reply = async ({ write, gone }) => {
    await write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart");
    await gone();
  };
  for (const reply of [silent, stalled]) {
    await using server = new ScriptedServer(reply);
    const error = await failure(server.url, { idleTimeoutMs: 50, retryDelaysMs: [] });
    assertStringIncludes(error.message, "nothing came for 50 ms");
    assertEquals(error.retryable, true);
  }
});

Deno.test("download() from a server that is not there names the URL", async () => {
  const server = new ScriptedServer();
  const { url } = server;
  await server[Symbol.asyncDispose]();
  const error = await failure(url);
  assertStringIncludes(error.message, `Cannot download user script ${url}: Connection refused`);
  assert(error.cause instanceof Error);
});

Deno.test("download() trusts no certificate that nobody vouches for", async () => {
  const certificates = new URL("../tests/tls/", import.meta.url);
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: await Deno.readTextFile(new URL("server.pem", certificates)),
    key: await Deno.readTextFile(new URL("server.key", certificates)),
  });
  const url = `https://127.0.0.1:${listener.addr.port}/script`;
  const failed = failure(url, { retryDelaysMs: [] });
  using connection = await listener.accept();
  await assertRejects(() => connection.handshake());
  const { message } = await failed;
  assertStringIncludes(message, `Cannot download user script ${url}: `);
  assertMatch(message, /certificate|issuer/i);
  listener.close();
});

Deno.test("download() follows five redirects, and no more", async () => {
  const redirect = answer("302 Found\r\nLocation: ../elsewhere?x=1");
  const five = Array.from({ length: 5 }, () => redirect);
  await using server = new ScriptedServer(...five, ok);
  assertEquals(await downloaded(server.url), CONTENT);
  assert(server.requests[1]?.startsWith("GET /elsewhere?x=1 "));
  await using circle = new ScriptedServer(...five, redirect, ok);
  assertStringIncludes((await failure(circle.url)).message, "redirects more than 5 times");
});

Deno.test("download() follows no redirect to another scheme, host or port", async () => {
  await using other = new ScriptedServer(ok);
  const places: [string, string][] = [
    ["file:///etc/passwd", "file:"],
    ["https://127.0.0.1/", "https://127.0.0.1"],
    ["ftp://host/x", "ftp://host"],
    ["http://[", "no URL"],
    ["//user:hush@host/x?secret", "http://host"],
    [other.url, new URL(other.url).origin],
  ];
  for (const [location, place] of places) {
    await using server = new ScriptedServer(answer(`301 Moved\r\nLocation: ${location}`), ok);
    const error = await failure(server.url);
    assertStringIncludes(
      error.message,
      `it redirects to another server, ${place}, which is not followed`,
    );
    assertEquals([error.retryable, server.requests.length], [false, 1]);
  }
});

Deno.test("download() refuses a content with other digests, and tells both", async () => {
  await using server = new ScriptedServer(answer("200 OK", "tampered"), ok);
  const error = await failure(server.url);
  assertEquals(
    error.message,
    `Cannot download user script ${server.url}: its MD5 is ${md5Of("tampered")}, ` +
      `expected ${EXPECTED.md5}`,
  );
  const expected = { md5: EXPECTED.md5, sha256: sha256Of("other") };
  assertStringIncludes((await failure(server.url, { expected })).message, "its SHA-256 is");
});

Deno.test("download() refuses more than its limit, announced or not", async () => {
  const maxBytes = CONTENT.length - 1;
  const unannounced: Reply = ({ write }) => write(`HTTP/1.1 200 OK\r\n\r\n${CONTENT}`);
  for (const reply of [ok, unannounced]) {
    await using server = new ScriptedServer(reply, ok);
    const { message } = await failure(server.url, { maxBytes });
    assertStringIncludes(message, `it is larger than ${maxBytes} bytes`);
    assertEquals(server.requests.length, 1);
  }
});

Deno.test("download() ends when its signal does, within an attempt and between two", async () => {
  const stop = new AbortController();
  const stalled: Reply = async ({ write, gone }) => {
    await write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart");
    stop.abort(new Error("the executor shuts down"));
    await gone();
  };
  const pause = new AbortController();
  const busy: Reply = async ({ write, gone }) => {
    await answer("503 Service Unavailable")({ write, gone });
    await gone();
    pause.abort(new Error("the executor shuts down"));
  };
  for (const [reply, { signal }] of [[stalled, stop], [busy, pause]] as const) {
    await using server = new ScriptedServer(reply, ok);
    const error = await failure(server.url, { retryDelaysMs: [60_000], signal });
    assertStringIncludes(error.message, "the executor shuts down");
    assertEquals([error.retryable, server.requests.length], [false, 1]);
  }
});

Deno.test("download() takes no URL but of http, https and file", async () => {
  const urls = [
    "ftp://host/x",
    "data:text/plain,x",
    "no url",
    "",
    "file://host/x",
    "file:///x%2fy",
  ];
  for (const url of urls) {
    assertStringIncludes((await failure(url)).message, "Cannot download user script");
  }
});

Deno.test("download() of a file that is not there is not tried again", async () => {
  await using directory = await TemporaryDirectory.create();
  const url = pathToFileURL(directory.at("missing")).href;
  const error = await failure(url, { retryDelaysMs: [60_000] });
  assertStringIncludes(error.message, url);
});

Deno.test("download() keeps what may be secret of a URL out of its errors", async () => {
  await using server = new ScriptedServer(answer("404 Not Found"));
  const url = server.url.replace("http://", "http://user:password@") + "?signature=abc";
  const { message, path } = await failure(url);
  assertEquals(path, `${server.url}?…`);
  assertStringIncludes(message, `${server.url}?…: HTTP 404`);
});

Deno.test("download() refuses devices and pipes, and files over the limit, before it reads", async () => {
  await using directory = await TemporaryDirectory.create();
  await new Deno.Command("mkfifo", { args: [directory.at("pipe")] }).output();
  await Deno.writeTextFile(directory.at("large"), "");
  await Deno.truncate(directory.at("large"), 2 ** 40);
  const cases = {
    "/dev/zero": "it is not a regular file",
    [directory.at("pipe")]: "it is not a regular file",
    [directory.at("large")]: "it is larger than 4294967296 bytes",
  };
  for (const [path, reason] of Object.entries(cases)) {
    await assertRejects(
      () => download(`file://${path}`, directory.at("copy"), { expected: EXPECTED }),
      UserScriptError,
      `Cannot download user script file://${path}: ${reason}`,
    );
  }
  assertEquals([...Deno.readDirSync(directory.path)].length, 2);
});
