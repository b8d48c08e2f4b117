import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { CommandInfoURI } from "../../mesos/wire/messages.ts";
import { readTree, TemporaryDirectory, type Tree, writeTree } from "../../resource/testing.ts";
import { FetcherCache } from "./fetcher_cache.ts";
import { fetchUris } from "./fetcher.ts";

const SOURCES: Tree = { "greeting.txt": "file:hello", "tool.sh": "executable:#!/bin/sh\n" };

/** Fetches into an empty sandbox; gives what is in it then. */
async function fetched(
  uris: (directory: TemporaryDirectory) => CommandInfoURI[],
  prepare: (directory: TemporaryDirectory) => Promise<void> = async () => {},
): Promise<Tree> {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.at("source"), SOURCES);
  await prepare(directory);
  const sandbox = directory.at("sandbox");
  await Deno.mkdir(sandbox);
  const { signal } = new AbortController();
  const cache = new FetcherCache(directory.at("cache"));
  await fetchUris(uris(directory), sandbox, { signal, cache });
  return await readTree(sandbox);
}

async function refusal(uri: CommandInfoURI): Promise<string> {
  const error = await assertRejects(() => fetched(() => [uri]), Error);
  assertStringIncludes(error.message, `Failed to fetch '${uri.value}': `);
  return error.message.slice(`Failed to fetch '${uri.value}': `.length);
}

/** Serves while the test runs. */
async function withServer(
  answer: (path: string) => Response,
  test: (origin: string) => Promise<void>,
): Promise<void> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(new URL(request.url).pathname),
  );
  await test(`http://127.0.0.1:${server.addr.port}`);
}

Deno.test("fetchUris() copies files by path and by file URI", async () => {
  const tree = await fetched((directory) => [
    { value: directory.at("source", "greeting.txt") },
    { value: `file://${directory.at("source", "tool.sh")}` },
  ]);
  assertEquals(tree, SOURCES);
});

Deno.test("fetchUris() makes executable what shall be, and gives it the wanted name", async () => {
  const tree = await fetched((directory) => [{
    value: directory.at("source", "greeting.txt"),
    executable: true,
    output_file: "bin/run",
  }]);
  assertEquals(tree, { bin: "directory", "bin/run": "executable:hello" });
});

Deno.test("fetchUris() downloads over HTTP and follows redirects", async () => {
  await withServer((path) => {
    if (path === "/b.txt") return new Response("over HTTP");
    return new Response(null, { status: 307, headers: { Location: "/b.txt" } });
  }, async (origin) => {
    // The name is that of the URI, wherever it leads.
    assertEquals(await fetched(() => [{ value: `${origin}/a.txt` }]), {
      "a.txt": "file:over HTTP",
    });
  });
});

Deno.test("fetchUris() downloads what may be cached once, and unpacks each copy", async () => {
  let downloads = 0;
  await using directory = await TemporaryDirectory.create();
  const cache = new FetcherCache(directory.at("cache"));
  const { signal } = new AbortController();
  const answer = () => {
    downloads++;
    return new Response("#!/bin/sh");
  };
  await withServer(answer, async (origin) => {
    for (const name of ["one", "two"]) {
      const uri = { value: `${origin}/digest/tool`, executable: true, cache: true };
      await Deno.mkdir(directory.at(name));
      await fetchUris([uri], directory.at(name), { signal, cache });
      assertEquals(await readTree(directory.at(name)), { tool: "executable:#!/bin/sh" });
    }
    assertEquals(downloads, 1);
    for (const name of ["three", "four"]) {
      await Deno.mkdir(directory.at(name));
      await fetchUris([{ value: `${origin}/tool` }], directory.at(name), { signal, cache });
    }
    assertEquals(downloads, 3);
  });
});

Deno.test("fetchUris() gives up on an HTTP error and on redirects without end", async () => {
  await withServer((path) => {
    if (path === "/missing") return new Response("no", { status: 404 });
    return new Response(null, { status: 302, headers: { Location: path } });
  }, async (origin) => {
    assertEquals(
      await refusal({ value: `${origin}/missing` }),
      "Error downloading resource, received HTTP return code 404",
    );
    assertEquals(
      await refusal({ value: `${origin}/loop` }),
      "Error downloading resource: Number of redirects hit maximum amount",
    );
  });
});

const UNSUPPORTED = "Only http:, https: and file: URIs and absolute paths are supported";
const OUTSIDE = "URI output file must be within the sandbox directory";

const REFUSALS: [CommandInfoURI, string][] = [
  [{ value: "/no/such/file" }, "No such file or directory"],
  [{ value: "file://no/such/host" }, UNSUPPORTED],
  [{ value: "hdfs://host/file" }, UNSUPPORTED],
  [{ value: "relative/file" }, UNSUPPORTED],
  [{ value: "http://host" }, OUTSIDE],
  [{ value: "http://host/" }, OUTSIDE],
  [{ value: "/etc/.." }, OUTSIDE],
  [{ value: "/etc/hostname", output_file: "" }, OUTSIDE],
  [{ value: "/etc/hostname", output_file: "../out" }, OUTSIDE],
  [{ value: "/etc/hostname", output_file: "/tmp/out" }, OUTSIDE],
];

for (const [uri, reason] of REFUSALS) {
  Deno.test(`fetchUris() refuses ${JSON.stringify(uri)}`, async () => {
    assertStringIncludes(await refusal(uri), reason);
  });
}

Deno.test("fetchUris() stops when it is aborted, with the reason", async () => {
  const unending = () => new Response(new ReadableStream());
  await withServer(unending, async (origin) => {
    await using directory = await TemporaryDirectory.create();
    const abort = new AbortController();
    const fetching = fetchUris([{ value: `${origin}/a` }], directory.path, {
      signal: abort.signal,
      cache: new FetcherCache(directory.at("cache")),
    });
    abort.abort(new Error("enough"));
    await assertRejects(() => fetching, Error, "enough");
  });
});
