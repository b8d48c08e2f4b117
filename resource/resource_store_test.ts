import { assertEquals, assertRejects } from "@std/assert";
import { DirectoryStore } from "./directory_store.ts";
import { download } from "./download.ts";
import { UserScriptError } from "./resource_errors.ts";
import { FileServer } from "./file_server.ts";
import { HttpStore } from "./http_store.ts";
import type { ResourceStore } from "./resource_store.ts";
import { md5Of, readTree, TemporaryDirectory } from "./testing.ts";

type Scenario = (store: ResourceStore, directory: TemporaryDirectory) => Promise<void>;

const STORES: Record<string, (scenario: Scenario) => Promise<void>> = {
  DirectoryStore: async (scenario) => {
    await using directory = await TemporaryDirectory.create();
    const store = new DirectoryStore(directory.at("store"));
    await scenario(store, directory);
    await store.close();
  },
  HttpStore: async (scenario) => {
    await using directory = await TemporaryDirectory.create();
    const server = new FileServer({ hostname: "127.0.0.1" });
    const store = new HttpStore(server, directory.at("store"));
    await scenario(store, directory);
    await store.close();
    await store.close();
    assertEquals(await readTree(directory.at("store")), {});
    await server.close();
  },
};

async function* streamOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(new TextEncoder().encode(chunk));
}

async function contentOf(url: string, file: string, content: string): Promise<void> {
  await download(url, file, { expected: { md5: md5Of(content) }, retryDelaysMs: [] });
  assertEquals(await Deno.readTextFile(file), content);
}

for (const [name, withStore] of Object.entries(STORES)) {
  Deno.test(`${name} gives out what was stored`, () =>
    withStore(async (store, directory) => {
      await store.writeSharedFileStream("script", streamOf("one ", "two"));
      await contentOf(await store.getSharedPublicUrl("script"), directory.at("file"), "one two");
    }));

  Deno.test(`${name} replaces under the same URL`, () =>
    withStore(async (store, directory) => {
      await store.writeSharedFileStream("script", streamOf("old"));
      const url = await store.getSharedPublicUrl("script");
      await store.writeSharedFileStream("script", streamOf("new"));
      assertEquals(await store.getSharedPublicUrl("script"), url);
      await contentOf(url, directory.at("file"), "new");
    }));

  Deno.test(`${name} keeps the old content, and no part of the new, when that fails`, () =>
    withStore(async (store, directory) => {
      await store.writeSharedFileStream("script", streamOf("old"));
      async function* failing() {
        yield* streamOf("new");
        throw new Error("the disk is gone");
      }
      await assertRejects(
        () => store.writeSharedFileStream("script", failing()),
        Error,
        "the disk is gone",
      );
      await contentOf(await store.getSharedPublicUrl("script"), directory.at("file"), "old");
      assertEquals(Object.keys(await readTree(directory.at("store"))), ["script"]);
    }));

  Deno.test(`${name} serves many at once`, () =>
    withStore(async (store, directory) => {
      const content = "0123456789abcdef".repeat(50_000);
      await store.writeSharedFileStream("script", streamOf(content));
      const url = await store.getSharedPublicUrl("script");
      const files = Array.from({ length: 30 }, (_, i) => directory.at(`file-${i}`));
      await Promise.all(files.map((file) => contentOf(url, file, content)));
    }));

  Deno.test(`${name} refuses names that are paths, and knows only what was stored`, () =>
    withStore(async (store) => {
      await store.writeSharedFileStream("script", streamOf("x"));
      for (const path of ["../script", "a/b", "", ".", "a\0"]) {
        await assertRejects(
          () => store.writeSharedFileStream(path, streamOf("x")),
          UserScriptError,
          "not a plain file name",
        );
      }
      await assertRejects(
        () => store.getSharedPublicUrl("other"),
        UserScriptError,
        "not in the store",
      );
    }));
}
