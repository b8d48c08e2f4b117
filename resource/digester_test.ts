import { assertEquals } from "@std/assert";
import { Digester } from "./digester.ts";
import { collect, md5Of, sha256Of } from "./testing.ts";

Deno.test("Digester.pass() gives every chunk on, and both digests of all", async () => {
  const chunks = ["one", "", "two"].map((text) => new TextEncoder().encode(text));
  const digester = new Digester();
  const passed = await collect(digester.pass(ReadableStream.from(chunks)));
  assertEquals(new TextDecoder().decode(passed), "onetwo");
  assertEquals(digester.digests(), { md5: md5Of("onetwo"), sha256: sha256Of("onetwo") });
});

Deno.test("Digester.digests() of nothing are those of the empty content", async () => {
  const digester = new Digester();
  await collect(digester.pass(ReadableStream.from([])));
  assertEquals(digester.digests(), { md5: md5Of(""), sha256: sha256Of("") });
});
