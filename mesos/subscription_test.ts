import { assertEquals, assertRejects } from "@std/assert";
import { StubMesos } from "../tests/stub_mesos.ts";
import { schedulerCallCodec, schedulerEventCodec } from "./codec.ts";
import { MesosConnectionError } from "./errors.ts";
import { HttpClient } from "./http_client.ts";
import { subscribe } from "./subscription.ts";

for (const [name, bytes] of [["nothing", ""], ["a part of a record", "20\nabc"]] as const) {
  Deno.test(`subscribe() gives a server up that answers with ${name}`, async () => {
    const mesos = new StubMesos({
      callCodec: schedulerCallCodec,
      eventCodec: schedulerEventCodec,
    });
    const client = new HttpClient();
    const subscription = await subscribe({
      client,
      url: mesos.url,
      call: { type: "SUBSCRIBE" },
      callCodec: schedulerCallCodec,
      eventCodec: schedulerEventCodec,
      headers: {},
      signal: new AbortController().signal,
      answerTimeoutMs: 50,
    });
    mesos.emitBytes(new TextEncoder().encode(bytes));
    await assertRejects(
      () => subscription[Symbol.asyncIterator]().next(),
      MesosConnectionError,
      "nothing was heard for 0.05 s",
    );
    assertEquals(mesos.calls.length, 1);
    client.close();
    await mesos.stop();
  });
}
