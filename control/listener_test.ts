import { assertEquals, assertRejects } from "@std/assert";
import { HttpClient } from "../http/http_client.ts";
import { TemporaryDirectory } from "../resource/testing.ts";
import { UsageError } from "../support/usage_error.ts";
import { listen, type Listening } from "./listener.ts";

/** Leaves a socket that no process listens on. */
async function leaveSocket(path: string): Promise<void> {
  const code = `Deno.listen({ transport: "unix", path: "${path}" }); Deno.exit()`;
  await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  assertEquals((await Deno.lstat(path)).isSocket, true);
}

async function ask(path: string): Promise<string> {
  await using client = new HttpClient({ socketPath: path });
  const { body } = await client.request(new URL("http://localhost/"), { method: "GET" });
  const chunks = await Array.fromAsync(body);
  return new TextDecoder().decode(chunks[0]);
}

Deno.test("of schedulers that start at once on a stale socket, one has it and the others know", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.at("s");
  for (let round = 0; round < 5; round++) {
    await leaveSocket(path);
    const names = ["a", "b", "c", "d"];
    const starts = await Promise.allSettled(
      names.map((name) => listen({ path }, () => Promise.resolve(new Response(name)))),
    );
    const winners = starts.flatMap((start, i) =>
      start.status === "fulfilled" ? [{ name: names[i], listening: start.value }] : []
    );
    const reasons = starts.flatMap((start) => start.status === "rejected" ? [start.reason] : []);
    assertEquals(winners.length, 1);
    for (const reason of reasons) {
      assertEquals(
        reason.message,
        `Cannot listen on ${path}: another scheduler does; use it, or ` +
          "give another --listen",
      );
    }
    assertEquals(await ask(path), winners[0]?.name);
    await winners[0]?.listening.close();
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  }
});

Deno.test("listen() says who keeps it from the socket's directory", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.at("s");
  using locked = await Deno.open(directory.path);
  await locked.lock(true);
  const answer = () => Promise.resolve(new Response());
  const listening: Promise<Listening> = listen({ path }, answer);
  const error = await assertRejects(() => listening, UsageError);
  assertEquals(
    error.message,
    `Cannot listen on ${path}: another process has locked ${directory.path}`,
  );
});
