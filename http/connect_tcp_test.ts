import { assertEquals, assertRejects } from "@std/assert";
import { connectTcp } from "./connect_tcp.ts";

Deno.test("connectTcp() closes a connection that is made while it is given up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  for (let attempt = 0; attempt < 100; attempt++) {
    const giveUp = new AbortController();
    const connecting = connectTcp({ hostname: "127.0.0.1", port }, giveUp.signal);
    // In the very moment in which the connection is there.
    using accepted = await listener.accept();
    giveUp.abort(new Error("enough"));
    await connecting.then((connection) => connection.close(), () => {});
    assertEquals(await accepted.read(new Uint8Array(1)), null);
  }
});

Deno.test("connectTcp() says why there is no connection", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { signal } = new AbortController();
  await assertRejects(
    () => connectTcp({ hostname: "127.0.0.1", port }, signal),
    Deno.errors.ConnectionRefused,
  );
});
