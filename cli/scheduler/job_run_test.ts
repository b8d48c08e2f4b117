import { assert, assertEquals, assertRejects } from "@std/assert";
import { heapGrowth } from "../../tests/kit/heap.ts";
import { unlessAborted } from "./job_run.ts";

Deno.test("unlessAborted() says whether a promise was in time, and why it was rejected", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  assertEquals(await unlessAborted(Promise.resolve(), signal), true);
  await assertRejects(
    () => unlessAborted(Promise.reject(new RangeError("full")), signal),
    RangeError,
  );
  const waiting = unlessAborted(new Promise(() => {}), signal);
  controller.abort();
  assertEquals(await waiting, false);
  assertEquals(await unlessAborted(new Promise(() => {}), signal), false);
});

Deno.test("unlessAborted() leaves nothing with its signal", async () => {
  const { signal } = new AbortController();
  const grown = await heapGrowth(async () => {
    for (let i = 0; i < 10_000; i++) await unlessAborted(Promise.resolve(), signal);
  });
  assert(grown < 10_000 * 20, `${grown} bytes`);
});
