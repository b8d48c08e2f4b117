import { assertEquals, assertRejects } from "@std/assert";
import { EventStream } from "./event_stream.ts";

const RECORD = new Uint8Array(10);

Deno.test("send() reaches the reader in order, and close() ends the stream after it", async () => {
  const stream = new EventStream({ onLost: () => {} });
  stream.send(new Uint8Array([1]));
  stream.send(new Uint8Array([2]));
  stream.close();
  stream.send(new Uint8Array([3]));
  assertEquals(await Array.fromAsync(stream.body), [new Uint8Array([1]), new Uint8Array([2])]);
});

Deno.test("a reader that leaves is noticed once", async () => {
  let lost = 0;
  const stream = new EventStream({ onLost: () => lost++ });
  await stream.body.cancel();
  stream.send(RECORD);
  stream.close();
  assertEquals(lost, 1);
});

Deno.test("a reader that does not read is cut off", async () => {
  let lost = 0;
  const stream = new EventStream({ onLost: () => lost++, maxUnreadBytes: 25 });
  for (let count = 0; count < 5; count++) stream.send(RECORD);
  assertEquals(lost, 1);
  await assertRejects(() => Array.fromAsync(stream.body), Error, "does not read");
});

Deno.test("a reader that leaves while it is written to is noticed once, and nothing is thrown", () => {
  let lost = 0;
  const stream = new EventStream({ onLost: () => lost++ });
  // The size of a record is asked for while it is written.
  const record = new Proxy(RECORD, {
    get: (target, name) => {
      if (name === "byteLength") stream.body.cancel();
      return Reflect.get(target, name);
    },
  });
  stream.send(record);
  stream.send(RECORD);
  assertEquals(lost, 1);
});
