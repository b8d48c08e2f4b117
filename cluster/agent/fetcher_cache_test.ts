import { assertEquals, assertRejects } from "@std/assert";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { FetcherCache } from "./fetcher_cache.ts";

const NEVER = new AbortController().signal;

/** A cache in a directory, and what was downloaded for it. */
function cacheIn(directory: TemporaryDirectory, maxBytes?: number) {
  const cache = new FetcherCache(directory.at("cache"), maxBytes === undefined ? {} : { maxBytes });
  const downloads: string[] = [];
  const copy = async (uri: string) => {
    const target = directory.at(`copy-${crypto.randomUUID()}`);
    const download = async (path: string) => {
      downloads.push(uri);
      await Deno.writeTextFile(path, `content of ${uri}`);
    };
    await cache.copy(uri, target, { signal: NEVER, download });
    return await Deno.readTextFile(target);
  };
  return { cache, downloads, copy };
}

Deno.test("FetcherCache fetches a URI once for all who want it", async () => {
  await using directory = await TemporaryDirectory.create();
  const { copy, downloads } = cacheIn(directory);
  assertEquals(await Promise.all(["a", "a", "b"].map(copy)), [
    ...["content of a", "content of a", "content of b"],
  ]);
  assertEquals(await copy("a"), "content of a");
  assertEquals(downloads.sort(), ["a", "b"]);
});

Deno.test("FetcherCache does not keep a failure", async () => {
  await using directory = await TemporaryDirectory.create();
  const { cache, copy } = cacheIn(directory);
  const download = () => Promise.reject(new Error("no such file"));
  const copying = () => cache.copy("a", directory.at("x"), { signal: NEVER, download });
  await assertRejects(copying, Error, "no such file");
  assertEquals(await copy("a"), "content of a");
});

Deno.test("FetcherCache keeps what was used last within its bound", async () => {
  await using directory = await TemporaryDirectory.create();
  const { copy, downloads } = cacheIn(directory, 2 * "content of a".length);
  for (const uri of ["a", "b", "a", "c", "a", "b"]) await copy(uri);
  assertEquals(downloads, ["a", "b", "c", "b"]);
  assertEquals([...Deno.readDirSync(directory.at("cache"))].length, 2);
});

Deno.test("FetcherCache: who gives up does not end the download of others; its close does", async () => {
  await using directory = await TemporaryDirectory.create();
  const { cache } = cacheIn(directory);
  const giveUp = new AbortController();
  const download = (_path: string, signal: AbortSignal) =>
    new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const copy = (signal: AbortSignal) => cache.copy("a", directory.at("x"), { signal, download });
  const [impatient, patient] = [copy(giveUp.signal), copy(NEVER)];
  giveUp.abort(new Error("enough"));
  await assertRejects(() => impatient, Error, "enough");
  cache.close();
  await assertRejects(() => patient, Error, "the agent has stopped");
});

Deno.test("FetcherCache starts empty", async () => {
  await using directory = await TemporaryDirectory.create();
  await cacheIn(directory).copy("a");
  const { downloads, copy } = cacheIn(directory);
  await copy("a");
  assertEquals(downloads, ["a"]);
});
