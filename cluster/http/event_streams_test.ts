import { assertEquals, assertRejects } from "@std/assert";
import { EventStream } from "./event_streams.ts";

const RECORD = new Uint8Array(10);

Deno.test("send() reaches the reader in order, and close() ends the stream after it", async () => {
  const stream = new EventStream({ onLost: () => {} });
  const first = stream.next();
  stream.send(new Uint8Array([1]));
  stream.send(new Uint8Array([2]));
  // What is sent in one turn comes at once.
  assertEquals(await first, new Uint8Array([1, 2]));
  stream.send(new Uint8Array([3]));
  stream.close();
  stream.send(new Uint8Array([4]));
  assertEquals(await stream.next(), new Uint8Array([3]));
  assertEquals(await stream.next(), undefined);
});

Deno.test("a reader that leaves is noticed once", async () => {
  let lost = 0;
  const stream = new EventStream({ onLost: () => lost++ });
  const waiting = stream.next();
  stream.cancel();
  assertEquals(await waiting, undefined);
  stream.send(RECORD);
  stream.close();
  assertEquals(lost, 1);
});

Deno.test("a reader that does not read is cut off", async () => {
  let lost = 0;
  const stream = new EventStream({ onLost: () => lost++, maxUnreadBytes: 25 });
  for (let count = 0; count < 5; count++) stream.send(RECORD);
  assertEquals(lost, 1);
  await assertRejects(() => stream.next(), Error, "does not read");
});
