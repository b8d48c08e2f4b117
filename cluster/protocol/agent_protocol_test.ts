import { assertEquals, assertThrows } from "@std/assert";
import {
  type AgentMessage,
  agentMessages,
  masterMessage,
  ping,
  readJson,
  type Registration,
  registration,
} from "./agent_protocol.ts";
import { encodeJson } from "./json.ts";

const GARBAGE = [null, 1, "x", {}, [{}], [null], { info: null }, { connected: 1 }];

const REGISTRATION: Registration = {
  info: { hostname: "h", id: { value: "S0" } },
  address: { ip: "127.0.0.1", port: 1 },
  frameworks: [{ id: { value: "F" }, user: "u", name: "n" }],
  executors: [{ executor_id: { value: "E" }, framework_id: { value: "F" } }],
  tasks: [],
};

const MESSAGES: AgentMessage[] = [
  {
    type: "STATUS_UPDATE",
    frameworkId: "F",
    status: { task_id: { value: "1" }, state: "TASK_LOST" },
  },
  { type: "EXITED_EXECUTOR", frameworkId: "F", executorId: "E", status: 9 },
  { type: "EXECUTOR_MESSAGE", frameworkId: "F", executorId: "E", data: Uint8Array.of(1, 2) },
];

Deno.test("readJson() reads how an agent presents itself, and nothing else", () => {
  assertEquals(readJson(encodeJson(REGISTRATION), registration), REGISTRATION);
  for (const garbage of [...GARBAGE, { ...REGISTRATION, tasks: [{ taskId: "1" }] }]) {
    assertThrows(
      () => readJson(encodeJson(garbage), registration),
      SyntaxError,
      "Cannot read a message",
    );
  }
});

Deno.test("readJson() reads what an agent tells, and nothing else", () => {
  assertEquals(readJson(encodeJson(MESSAGES), agentMessages), MESSAGES);
  assertEquals(readJson(encodeJson([]), agentMessages), []);
  const [update] = MESSAGES;
  for (const garbage of [...GARBAGE, update, [{ ...update, status: {} }], [{ type: "X" }]]) {
    assertThrows(() => readJson(encodeJson(garbage), agentMessages), SyntaxError);
  }
});

Deno.test("readJson() reads a ping, and nothing else", () => {
  assertEquals(readJson(encodeJson({ connected: true }), ping), { connected: true });
  for (const garbage of GARBAGE) {
    assertThrows(() => readJson(encodeJson(garbage), ping), SyntaxError);
    assertThrows(() => readJson(encodeJson(garbage), masterMessage), SyntaxError);
  }
});
