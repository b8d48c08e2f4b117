import { assertEquals, assertThrows } from "@std/assert";
import { JSON_TYPE, PROTOBUF, schedulerCallCodec, schedulerEventCodec } from "./codec.ts";
import { MessageDecodeError } from "../mesos_errors.ts";
import { generateMessages } from "./generate_messages.ts";
import type { MesosResource, SchedulerCall } from "./messages.ts";

Deno.test("messages.ts is what the generator gives", async () => {
  const checkedIn = await Deno.readTextFile(new URL("./messages.ts", import.meta.url));
  const squeezed = (text: string) => text.replaceAll(/[\s|]+/g, "");
  assertEquals(
    squeezed(checkedIn),
    squeezed(generateMessages()),
    "run `deno task generate` after a change of mesos/wire/protos",
  );
});

const EVERY_FIELD_OF_RESOURCE: MesosResource = {
  provider_id: { value: "provider" },
  name: "disk",
  type: "SCALAR",
  scalar: { value: 1.5 },
  ranges: { range: [{ begin: 31000, end: 32000 }] },
  set: { item: ["a", "b"] },
  role: "batch",
  allocation_info: { role: "batch" },
  reservation: { type: "STATIC", role: "batch", principal: "p", labels: { labels: [] } },
  reservations: [{ type: "DYNAMIC", role: "batch", labels: { labels: [{ key: "k" }] } }],
  disk: {
    persistence: { id: "v", principal: "p" },
    volume: { mode: "RW", container_path: "data", host_path: "/data" },
    source: {
      type: "MOUNT",
      path: { root: "/a" },
      mount: { root: "/b" },
      vendor: "v",
      id: "i",
      metadata: { labels: [{ key: "k", value: "v" }] },
      profile: "fast",
    },
  },
  revocable: {},
  shared: {},
};

for (const mediaType of [PROTOBUF, JSON_TYPE] as const) {
  Deno.test(`schedulerCallCodec keeps every field of a resource in ${mediaType}`, () => {
    const call: SchedulerCall = {
      type: "ACCEPT",
      accept: {
        offer_ids: [{ value: "o" }],
        operations: [{
          type: "LAUNCH",
          launch: {
            task_infos: [{
              name: "n",
              task_id: { value: "t" },
              agent_id: { value: "a" },
              resources: [EVERY_FIELD_OF_RESOURCE],
              data: new Uint8Array([0, 255, 10]),
            }],
          },
        }],
      },
    };
    const decoded = schedulerCallCodec.decode(
      schedulerCallCodec.encode(call, mediaType),
      mediaType,
    );
    const task = decoded.accept?.operations?.[0]?.launch?.task_infos?.[0];
    const resource = task?.resources?.[0];
    delete EVERY_FIELD_OF_RESOURCE.reservation?.labels?.labels;
    assertEquals(resource, EVERY_FIELD_OF_RESOURCE);
    assertEquals([...task?.data ?? []], [0, 255, 10]);
  });
}

Deno.test("decode() of bytes that are no message names the type", () => {
  const garbage = new TextEncoder().encode("<html>");
  assertThrows(
    () => schedulerEventCodec.decode(garbage),
    MessageDecodeError,
    "Cannot decode scheduler.Event",
  );
  assertThrows(() => schedulerEventCodec.decode(garbage, JSON_TYPE), MessageDecodeError, "JSON");
});

Deno.test("decode() of JSON names the required field that is missing", () => {
  const json = new TextEncoder().encode(
    `{"type":"UPDATE","update":{"status":{"state":"TASK_LOST"}}}`,
  );
  assertThrows(
    () => schedulerEventCodec.decode(json, JSON_TYPE),
    MessageDecodeError,
    "TaskStatus.task_id",
  );
});

Deno.test("decode() of JSON gives what the types say, or names the field", () => {
  const message = (data: unknown, rest = {}) => {
    const ids = { agent_id: { value: "a" }, executor_id: { value: "e" } };
    return { type: "MESSAGE", message: { ...ids, data, ...rest } };
  };
  const decode = (value: unknown) =>
    schedulerEventCodec.decode(new TextEncoder().encode(JSON.stringify(value)), JSON_TYPE);
  const data = decode(message("AP8K")).message?.data;
  assertEquals(data?.constructor, Uint8Array);
  assertEquals(data, new Uint8Array([0, 255, 10]));
  const status = { task_id: { value: "t" }, state: "TASK_LOST" };
  const update = (rest: object) => ({ type: "UPDATE", update: { status: { ...status, ...rest } } });
  assertEquals(decode(update({ message: "\ud800" })).update?.status.message, "\ufffd");
  const cases: [unknown, string][] = [
    [message({ length: 1e9 }), "expected bytes for 'data'"],
    [message([1, 2]), "expected bytes for 'data'"],
    [message("AA=A"), "Cannot decode scheduler.Event"],
    [message("", { agent_id: [{ value: "a" }] }), "expected an object for AgentID"],
    [message("", { agent_id: { value: {} } }), "expected string for 'value'"],
    [update({ timestamp: "x" }), "expected double for 'timestamp'"],
    [update({ healthy: "no" }), "expected bool for 'healthy'"],
    [{ type: "FAILURE", failure: { status: 0.5 } }, "expected int32 for 'status'"],
    [{ type: "OFFERS", offers: { offers: {} } }, "expected a list for 'offers'"],
    [{ type: "OFFERS", offers: { offers: [null] } }, "expected an object for Offer"],
  ];
  for (const [value, reason] of cases) {
    assertThrows(() => decode(value), MessageDecodeError, reason);
  }
});

Deno.test("decode() survives types, states and fields of a newer Mesos", () => {
  // Event { type: 99, field 90: 1 }
  const event = schedulerEventCodec.decode(new Uint8Array([0x08, 99, 0xd0, 0x05, 1]));
  assertEquals(event, {});
  const json = new TextEncoder().encode(`{"type":"NEWER","newer":{}}`);
  assertEquals(schedulerEventCodec.decode(json, JSON_TYPE), {});
  // Event { type: UPDATE, update: { status: { task_id: { value: "t" }, state: 99 } } }
  const update = new Uint8Array([0x08, 4, 0x2a, 9, 0x0a, 7, 0x0a, 3, 0x0a, 1, 0x74, 0x10, 99]);
  assertEquals(schedulerEventCodec.decode(update), {
    type: "UPDATE",
    update: { status: { task_id: { value: "t" } } },
  });
});
