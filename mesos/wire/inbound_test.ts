import { assertEquals } from "@std/assert";
import { MAX_HOSTNAME_CHARACTERS, MAX_TEXT_CHARACTERS, vet } from "./inbound.ts";
import type { ExecutorEvent, MesosResource, Offer, SchedulerEvent } from "./messages.ts";

function update(taskId: string, message = ""): SchedulerEvent {
  return {
    type: "UPDATE",
    update: { status: { task_id: { value: taskId }, state: "TASK_LOST", message } },
  };
}

function offer(id: string, resources: MesosResource[] = []): Offer {
  return {
    id: { value: id },
    framework_id: { value: "f" },
    agent_id: { value: "a" },
    hostname: "h",
    resources,
  };
}

function scalar(name: string, value: number): MesosResource {
  return { name, type: "SCALAR", scalar: { value } };
}

Deno.test("vet() accepts what a Mesos sends, unchanged", () => {
  const event: SchedulerEvent = {
    type: "OFFERS",
    offers: {
      offers: [offer("6b5c-O1", [scalar("cpus", 0.1), scalar("gpus", 2), scalar("mem", 1e6)])],
    },
  };
  const before = structuredClone(event);
  assertEquals([vet(event), event], [true, before]);
  assertEquals(vet(update("job-7.gene größe", "…")), true);
});

Deno.test("vet() refuses ids that could be paths, or command a terminal", () => {
  for (
    const id of [
      "../../x",
      "/etc/passwd",
      "..",
      ".",
      "",
      "a\\b",
      "a\u009b2J",
      "\0",
      "x".repeat(256),
    ]
  ) {
    assertEquals(vet(update(id)), false, JSON.stringify(id));
  }
  const launch: ExecutorEvent = {
    type: "LAUNCH",
    launch: { task: { name: "n", task_id: { value: "../x" }, agent_id: { value: "a" } } },
  };
  assertEquals(vet(launch), false);
});

Deno.test("vet() drops offers with such ids, and keeps the others", () => {
  const event = { type: "OFFERS", offers: { offers: [offer("../o"), offer("o")] } };
  assertEquals(vet(event), true);
  assertEquals(event.offers.offers.map(({ id }) => id.value), ["o"]);
});

Deno.test("vet() drops resources that are no amounts", () => {
  const amounts = [NaN, -1, Infinity, 1e300];
  const bad = ["cpus", "mem", "disk", "gpus"].flatMap((name) =>
    amounts.map((value) => scalar(name, value))
  );
  const event = {
    offers: { offers: [offer("o", [...bad, scalar("gpus", 2.5), scalar("gpus", 4e9)])] },
    subscribed: { agent_info: { hostname: "h", resources: [...bad, scalar("gpus", 3)] } },
  };
  assertEquals(vet(event), true);
  assertEquals(event.offers.offers[0]?.resources, []);
  assertEquals(event.subscribed.agent_info.resources, [scalar("gpus", 3)]);
});

Deno.test("vet() cuts texts, and leaves bytes", () => {
  const data = new Uint8Array(10_000);
  const event = {
    error: { message: "é".repeat(3e7) },
    message: { data },
    offers: { offers: [{ ...offer("o"), hostname: `${"h".repeat(5 << 20)}` }] },
    lists: ["x".repeat(5_000), "short"],
  };
  assertEquals(vet(event), true);
  assertEquals(event.error.message.length, MAX_TEXT_CHARACTERS);
  assertEquals(event.error.message.at(-1), "…");
  assertEquals(event.message.data, data);
  assertEquals(event.offers.offers[0]?.hostname.length, MAX_HOSTNAME_CHARACTERS);
  assertEquals(event.lists.map((text) => text.length), [MAX_TEXT_CHARACTERS, 5]);
});
