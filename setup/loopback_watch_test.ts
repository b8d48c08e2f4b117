import { assertEquals } from "@std/assert";
import { configureRootLogger } from "../support/log.ts";
import { createBatchSystem } from "../mod.ts";
import { schedulerCallCodec, schedulerEventCodec } from "../mesos/wire/codec.ts";
import type { SchedulerCall, SchedulerEvent } from "../mesos/wire/messages.ts";
import { TemporaryDirectory } from "../resource/testing.ts";
import { offer } from "../scheduler/testing.ts";
import { StubMesos } from "../tests/kit/stub_mesos.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { LoopbackWatch } from "./loopback_watch.ts";

function warnings(test: (watch: LoopbackWatch) => void): string[] {
  const lines: string[] = [];
  configureRootLogger({ level: "WARN", format: "text", write: (line) => lines.push(line) });
  try {
    test(new LoopbackWatch(["leader", "10.0.0.1"]));
  } finally {
    configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  }
  return lines.map((line) => line.replace(/^.*WARN\S* *\S+ /, ""));
}

for (const host of ["127.0.0.1:81", "localhost:81", "[::1]:81"]) {
  Deno.test(`LoopbackWatch warns once where nodes elsewhere are to fetch from ${host}`, () => {
    const lines = warnings((watch) => {
      watch.gives(undefined, "other");
      watch.gives(`http://${host}/file`, "do this");
      for (const node of ["127.0.0.1", "10.0.0.1", "leader", "10.0.0.2", "10.0.0.3"]) {
        watch.sees(node);
      }
      watch.gives(`http://${host}/other`, "do that");
    });
    assertEquals(lines.length, 1);
    assertEquals(
      lines[0]?.includes(`Node 10.0.0.2 is to fetch files from ${host}`),
      true,
      lines[0],
    );
    assertEquals(lines[0]?.includes(": do this"), true, lines[0]);
  });
}

Deno.test("LoopbackWatch warns where nodes were known before there was something to fetch", () => {
  const lines = warnings((watch) => {
    watch.sees("10.0.0.2");
    watch.gives("http://127.0.0.1/file", "do this");
  });
  assertEquals(lines.length, 1);
});

Deno.test("LoopbackWatch has nothing against other addresses, nor against nodes on this host", () => {
  const lines = warnings((watch) => {
    watch.gives("http://10.0.0.1/file", "do this");
    watch.gives("file:///a", "do this");
    watch.sees("10.0.0.2");
  });
  const own = warnings((watch) => {
    watch.gives("http://127.0.0.1/file", "do this");
    watch.sees("10.0.0.1");
  });
  assertEquals([lines, own], [[], []]);
});

Deno.test("a user script that is served on a loopback address to nodes elsewhere is warned of", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeTextFile(directory.at("script.sh"), "true");
  const mesos = new StubMesos<SchedulerCall, SchedulerEvent>({
    callCodec: schedulerCallCodec,
    eventCodec: schedulerEventCodec,
  });
  const lines: string[] = [];
  configureRootLogger({ level: "WARN", format: "text", write: (line) => lines.push(line) });
  try {
    const opening = createBatchSystem({
      endpoint: mesos.url.href,
      userScript: directory.at("script.sh"),
    });
    await mesos.received("SUBSCRIBE");
    mesos.emit({ type: "SUBSCRIBED", subscribed: { framework_id: { value: "f" } } });
    await using batch = await opening;
    mesos.emit({ type: "OFFERS", offers: { offers: [offer()] } });
    const warning = await waitFor(() => lines.find((line) => line.includes("--advertise")), "it");
    assertEquals(/Node ip-of-a1 .* from 127\.0\.0\.1:\d+,/.test(warning), true, warning);
    await mesos.abandon();
    await batch.detach();
  } finally {
    configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  }
});
