import { assert, assertEquals } from "@std/assert";
import { Deadline } from "./deadline.ts";

const LONG_MS = 3_600_000;

Deno.test("Deadline is not reached before it is set", () => {
  assertEquals(new Deadline().isReached, false);
});

Deno.test("Deadline.within() comes nearer and never goes farther", async () => {
  const deadline = new Deadline();
  deadline.within(LONG_MS);
  deadline.within(1);
  deadline.within(LONG_MS);
  await deadline.reached;
  assert(deadline.isReached);
});

Deno.test("Deadline.within() of no time is reached at once", () => {
  const deadline = new Deadline();
  deadline.within(0);
  assert(deadline.isReached);
});

Deno.test("Deadline.within() takes more than a timer can", () => {
  const deadline = new Deadline();
  deadline.within(1e15);
  assertEquals(deadline.isReached, false);
  deadline.clear();
});

Deno.test("Deadline.clear() is for good", () => {
  const deadline = new Deadline();
  deadline.within(LONG_MS);
  deadline.clear();
  deadline.within(0);
  assertEquals(deadline.isReached, false);
});

Deno.test("Deadline.pause() ends with its time or with the deadline", async () => {
  const deadline = new Deadline();
  await deadline.pause(1);
  assertEquals(deadline.isReached, false);
  const pause = deadline.pause(LONG_MS);
  deadline.within(1);
  await pause;
});
