import { assertEquals, assertRejects } from "@std/assert";
import { heapGrowth } from "../tests/kit/heap.ts";
import { ChangeSignal } from "./change_signal.ts";

const FAR_OFF_MS = 60_000;

Deno.test("ChangeSignal wakes all who wait, once", async () => {
  const changes = new ChangeSignal();
  let woken = 0;
  const waits = [1, 2].map(() => changes.wait(FAR_OFF_MS).then(() => woken++));
  changes.notify();
  await Promise.all(waits);
  assertEquals(woken, 2);
});

Deno.test("ChangeSignal ends a wait when its time is over or its signal is aborted", async () => {
  const changes = new ChangeSignal();
  await changes.wait(0);
  const controller = new AbortController();
  const waiting = changes.wait(FAR_OFF_MS, controller.signal);
  controller.abort();
  await waiting;
});

Deno.test("ChangeSignal rejects all waits, also later ones, once there will be no more changes", async () => {
  const changes = new ChangeSignal();
  const waiting = changes.wait(FAR_OFF_MS);
  changes.fail(new RangeError("the disk is full"));
  await assertRejects(() => waiting, RangeError, "the disk is full");
  await assertRejects(() => changes.wait(FAR_OFF_MS), RangeError, "the disk is full");
});

Deno.test("ChangeSignal keeps nothing of waits that are over, however long nothing changes", async () => {
  const changes = new ChangeSignal();
  const over = AbortSignal.abort();
  const grown = await heapGrowth(async () => {
    for (let i = 0; i < 10_000; i++) await changes.wait(0, over);
  });
  assertEquals(grown < 10_000 * 20, true, `${grown} bytes`);
});
