import { assertEquals, assertStringIncludes } from "@std/assert";
import type { SchedulerDriver } from "../mesos/scheduler.ts";
import { encodeNodeInfo, nodeInfoMessage } from "../job/node_info.ts";
import { Expando } from "../support/expando.ts";
import { configureRootLogger } from "../support/log.ts";
import { VERSION } from "../support/version.ts";
import { MesosCallbacks } from "./mesos_callbacks.ts";

const NO_DRIVER: SchedulerDriver = {
  lastError: undefined,
  start: () => {},
  send: () => {},
  stop: () => Promise.resolve(),
  teardown: () => Promise.resolve(true),
  join: () => Promise.resolve(),
};

const LOAD = { coresUsed: 0, memoryUsed: 0, coresTotal: 1, memoryTotal: 1, workers: 0 };

Deno.test("an executor of another version is told of once per agent", () => {
  const lines: Record<string, unknown>[] = [];
  configureRootLogger({
    level: "INFO",
    format: "json",
    write: (line) => lines.push(JSON.parse(line)),
  });
  const callbacks = new MesosCallbacks({ submit: () => {}, refused: () => {} });
  const say = (agentId: string, version?: string) => {
    const message = new Expando({ ...nodeInfoMessage("10.0.0.5", LOAD), version });
    const data = encodeNodeInfo(message as ReturnType<typeof nodeInfoMessage>);
    callbacks.frameworkMessage(NO_DRIVER, { value: "e1" }, { value: agentId }, data);
  };
  try {
    say("a1", VERSION);
    assertEquals(lines, []);
    for (const agentId of ["a1", "a1", "a2"]) say(agentId, "0.0.9");
    say("a3");
  } finally {
    configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  }
  assertEquals(lines.map(({ agentId, executorId }) => [agentId, executorId]), [
    ["a1", "e1"],
    ["a2", "e1"],
    ["a3", "e1"],
  ]);
  assertStringIncludes(
    String(lines[0]?.["message"]),
    `Executor e1 on node 10.0.0.5 (agent a1) is toil-mesos 0.0.9, and this scheduler is ${VERSION}`,
  );
  assertStringIncludes(String(lines[2]?.["message"]), "of an earlier version");
});
