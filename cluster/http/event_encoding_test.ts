import { assertEquals } from "@std/assert";
import { executorEventCodec, JSON_TYPE, PROTOBUF } from "../../mesos/wire/codec.ts";
import type { ExecutorEvent } from "../../mesos/wire/messages.ts";
import { RecordIoDecoder } from "../../mesos/wire/recordio.ts";
import { encodeEvent } from "./event_encoding.ts";

const EVENT: ExecutorEvent = {
  type: "LAUNCH",
  launch: {
    task: {
      name: "n",
      task_id: { value: "t" },
      agent_id: { value: "a" },
      resources: [{ name: "cpus", type: "SCALAR", scalar: { value: 1 } }],
      command: { value: "true", uris: [{ value: "/u" }] },
    },
  },
};

Deno.test("encodeEvent() writes defaults in JSON, less those of deprecated fields", () => {
  const bytes = encodeEvent(executorEventCodec, EVENT, {
    type: "executor.Event",
    mediaType: JSON_TYPE,
  });
  const [record] = new RecordIoDecoder().push(bytes);
  const { launch: { task } } = JSON.parse(new TextDecoder().decode(record));
  assertEquals(task.command, {
    value: "true",
    shell: true,
    uris: [{ value: "/u", extract: true }],
  });
  assertEquals(task.resources, [{ name: "cpus", type: "SCALAR", scalar: { value: 1 } }]);
});

Deno.test("encodeEvent() writes in protobuf what is set, and nothing else", () => {
  const bytes = encodeEvent(executorEventCodec, EVENT, {
    type: "executor.Event",
    mediaType: PROTOBUF,
  });
  const [record] = new RecordIoDecoder().push(bytes);
  assertEquals(executorEventCodec.decode(record ?? new Uint8Array(0)), EVENT);
});
