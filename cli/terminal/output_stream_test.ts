import { assertEquals, assertRejects } from "@std/assert";
import { OutputStream } from "./output_stream.ts";

Deno.test("OutputStream writes texts in order, however little is taken at a time", async () => {
  let taken = "";
  let calls = 0;
  const stream = new OutputStream(() =>
    Promise.resolve({
      write: (bytes) => {
        if (++calls % 3 === 0) return Promise.reject(new Deno.errors.WouldBlock("full"));
        taken += new TextDecoder().decode(bytes.subarray(0, 2));
        return Promise.resolve(Math.min(2, bytes.length));
      },
    })
  );
  stream.write("first\n");
  assertEquals(stream.pendingBytes, 6);
  await stream.write("second\n");
  assertEquals([taken, stream.pendingBytes], ["first\nsecond\n", 0]);
  await stream.idle;
});

Deno.test("OutputStream says what went wrong to each who writes", async () => {
  const stream = new OutputStream(() =>
    Promise.resolve({ write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")) })
  );
  const [one, other] = [stream.write("a"), stream.write("b")];
  await assertRejects(() => one, Deno.errors.BrokenPipe);
  await assertRejects(() => other, Deno.errors.BrokenPipe);
  assertEquals(stream.pendingBytes, 0);
  await stream.idle;
});
