import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { FileServer } from "./file_server.ts";
import { TemporaryDirectory } from "./testing.ts";

async function ask(url: string | URL, method = "GET"): Promise<[number, string]> {
  const response = await fetch(url, { method });
  return [response.status, await response.text()];
}

Deno.test("FileServer serves what is published, below a path that can't be guessed", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeTextFile(directory.at("file"), "content");
  const servers = [0, 1].map(() => new FileServer({ hostname: "127.0.0.1" }));
  const urls = servers.map((server) => new URL(server.publish("a name", directory.at("file"))));
  for (const url of urls) {
    assertMatch(url.pathname, /^\/[0-9a-f]{32}\/a%20name$/);
    assertEquals(await ask(url), [200, "content"]);
  }
  assertNotEquals(urls[0]?.pathname, urls[1]?.pathname);
  await Promise.all(servers.map((server) => server.close()));
});

Deno.test("FileServer answers GET and HEAD, and 404 to all it doesn't know", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeTextFile(directory.at("file"), "content");
  await using server = disposable(new FileServer({ hostname: "127.0.0.1" }));
  const url = server.publish("file", directory.at("file"));
  const head = await fetch(url, { method: "HEAD" });
  assertEquals([head.status, head.headers.get("content-length")], [200, "7"]);
  await head.body?.cancel();
  for (const method of ["POST", "PUT", "DELETE"]) assertEquals(await ask(url, method), [405, ""]);
  for (const other of ["/", "/file", "../", "./", "./other", "./file/", "./%2e%2e/file"]) {
    assertEquals(await ask(new URL(other, url)), [404, ""]);
  }
});

Deno.test("FileServer answers 404 when a file is withdrawn or gone", async () => {
  await using directory = await TemporaryDirectory.create();
  await using server = disposable(new FileServer({ hostname: "127.0.0.1" }));
  const url = server.publish("file", directory.at("file"));
  assertEquals(await ask(url), [404, ""]);
  await Deno.writeTextFile(directory.at("file"), "content");
  assertEquals(await ask(url), [200, "content"]);
  server.withdraw("file");
  assertEquals(await ask(url), [404, ""]);
});

Deno.test("FileServer gives out URLs of the advertised host", async () => {
  await using server = disposable(
    new FileServer({ hostname: "127.0.0.1", advertisedHost: "leader.example" }),
  );
  assertEquals(new URL(server.publish("x", "/x")).hostname, "leader.example");
  await using other = disposable(
    new FileServer({ hostname: "127.0.0.1", advertisedHost: "2001:db8::1" }),
  );
  assertEquals(new URL(other.publish("x", "/x")).hostname, "[2001:db8::1]");
});

Deno.test("FileServer closes at once, whoever has stopped reading", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeFile(directory.at("large"), new Uint8Array(20_000_000));
  const server = new FileServer({ hostname: "127.0.0.1" });
  const { pathname, port } = new URL(server.publish("large", directory.at("large")));
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await connection.write(new TextEncoder().encode(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`));
  await connection.read(new Uint8Array(100));
  await server.close();
  await server.close();
});

function disposable<T extends FileServer>(server: T): T & AsyncDisposable {
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}

Deno.test("FileServer serves others while clients are idle, and drops those that ask without end", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeTextFile(directory.at("file"), "content");
  const server = new FileServer({ hostname: "127.0.0.1" });
  const url = server.publish("file", directory.at("file"));
  const address = { hostname: "127.0.0.1", port: Number(new URL(url).port) };
  const idle = await Promise.all(Array.from({ length: 100 }, () => Deno.connect(address)));
  assertEquals(await (await fetch(url)).text(), "content");
  using endless = await Deno.connect(address);
  const line = new TextEncoder().encode(`X-A: ${"b".repeat(1000)}\r\n`);
  const dropped = (async () => {
    while (true) await endless.write(line);
  })();
  await assertRejects(() => dropped, Error);
  assertEquals(await (await fetch(url)).text(), "content");
  await server.close();
  for (const connection of idle) connection.close();
});

Deno.test("FileServer survives too many open files", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeTextFile(directory.at("file"), "content");
  const program = `
    import { FileServer } from "${new URL("file_server.ts", import.meta.url)}";
    import { configureRootLogger } from "${new URL("../support/log.ts", import.meta.url)}";
    const refused = Promise.withResolvers();
    configureRootLogger({ level: "WARN", format: "text", write: refused.resolve });
    const server = new FileServer({ hostname: "127.0.0.1" });
    const url = server.publish("file", "${directory.at("file")}");
    // Deno opens what it needs for a request.
    await fetch("http://127.0.0.1:1").catch(() => {});
    const files = [];
    try {
      while (true) files.push(Deno.openSync("/dev/null"));
    } catch { /* no more */ }
    files.pop().close();
    const { port } = new URL(url);
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    // The connection of the client has taken the last one: the server can't accept it.
    console.log(await refused.promise);
    for (const file of files) file.close();
    connection.close();
    console.log(await (await fetch(url)).text());
    await server.close();
  `;
  await Deno.writeTextFile(directory.at("program.ts"), program);
  const config = fileURLToPath(new URL("../deno.json", import.meta.url));
  const run = `ulimit -n 200; exec "$0" run --no-check --allow-all --config "$1" "$2"`;
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", run, Deno.execPath(), config, directory.at("program.ts")],
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertMatch(decode(stdout), /Too many open files.*; trying again\ncontent\n$/, decode(stderr));
});
