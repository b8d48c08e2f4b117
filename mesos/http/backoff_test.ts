import { assertEquals } from "@std/assert";
import { Backoff, HEALTHY_AFTER_MS, sleep } from "./backoff.ts";

Deno.test("Backoff grows to its cap, with full jitter, until an attempt lasts", () => {
  const backoff = new Backoff({ baseMs: 100, maxMs: 1000, random: () => 0.5 });
  const waits = Array.from({ length: 6 }, () => backoff.next());
  assertEquals(waits, [50, 100, 200, 400, 500, 500]);
  backoff.succeeded(HEALTHY_AFTER_MS);
  assertEquals(backoff.next(), 500);
  backoff.succeeded(HEALTHY_AFTER_MS + 1);
  assertEquals(backoff.next(), 50);
});

Deno.test("Backoff stays finite however long it goes on", () => {
  const backoff = new Backoff({ baseMs: 1, maxMs: 5, random: () => 1 });
  for (let i = 0; i < 5000; i++) backoff.next();
  assertEquals(backoff.next(), 5);
});

Deno.test("sleep() ends when it is told to", async () => {
  const abort = new AbortController();
  const sleeping = sleep(1e9, abort.signal);
  abort.abort();
  await sleeping;
  await sleep(1e9, abort.signal);
});
