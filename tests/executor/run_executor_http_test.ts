// With the real driver, over HTTP, to an agent that acknowledges what it is told.

import { assertEquals } from "@std/assert";
import { decodeNodeInfo } from "../../job/node_info.ts";
import { executorCallCodec, executorEventCodec } from "../../mesos/wire/codec.ts";
import { MesosExecutorDriver } from "../../mesos/executor_driver.ts";
import type { ExecutorCall, ExecutorEvent } from "../../mesos/wire/messages.ts";
import { StubMesos } from "../kit/stub_mesos.ts";
import { waitFor } from "../kit/wait_for.ts";
import { runExecutor } from "../../executor/run_executor.ts";
import { AGENT_INFO, FakeDeployment, taskInfo } from "../../executor/testing.ts";

const TASKS = 40;

Deno.test("runExecutor() serves an agent from SUBSCRIBE to SHUTDOWN", async () => {
  const sandbox = await Deno.makeTempDir();
  const agent: StubMesos<ExecutorCall, ExecutorEvent> = new StubMesos({
    callCodec: executorCallCodec,
    eventCodec: executorEventCodec,
    answer({ call }) {
      const { task_id, uuid } = call.update?.status ?? {};
      if (task_id && uuid) agent.emit({ type: "ACKNOWLEDGED", acknowledged: { task_id, uuid } });
      return undefined;
    },
  });
  const exitCode = runExecutor({
    environment: {
      PATH: Deno.env.get("PATH") ?? "",
      MESOS_AGENT_ENDPOINT: `127.0.0.1:${agent.port}`,
      MESOS_SANDBOX: sandbox,
      MESOS_FRAMEWORK_ID: "framework",
      MESOS_EXECUTOR_ID: "executor",
    },
    createDriver: (executor, environment) => new MesosExecutorDriver(executor, environment),
    createDeployment: (directory) => new FakeDeployment(directory),
  });
  await agent.received("SUBSCRIBE");
  agent.emit({
    type: "SUBSCRIBED",
    subscribed: {
      executor_info: { executor_id: { value: "executor" } },
      framework_info: { user: "u", name: "n" },
      agent_info: AGENT_INFO,
    },
  });
  const { call } = await agent.received("MESSAGE");
  const info = decodeNodeInfo(call.message?.data ?? new Uint8Array());
  assertEquals(info?.address, AGENT_INFO.hostname);

  const statesOf = (taskId: string) =>
    agent.calls.flatMap(({ call: { update } }) =>
      update?.status.task_id.value === taskId ? [update.status.state] : []
    );
  const taskIds = Array.from({ length: TASKS }, (_, number) => `task-${number}`);
  for (const taskId of taskIds) agent.emit({ type: "LAUNCH", launch: { task: taskInfo(taskId) } });
  const job = { command: "sleep 600" };
  for (const taskId of ["killed", "shut-down"]) {
    agent.emit({ type: "LAUNCH", launch: { task: taskInfo(taskId, job) } });
  }
  await waitFor(() => statesOf("killed").includes("TASK_RUNNING"), "the job to run");
  agent.emit({ type: "KILL", kill: { task_id: { value: "killed" } } });
  const ends = ["TASK_FINISHED", "TASK_KILLED"];
  const ended = (taskId: string) => ends.includes(statesOf(taskId).at(-1) ?? "");
  await waitFor(() => [...taskIds, "killed"].every(ended), "the end of the jobs");
  agent.emit({ type: "SHUTDOWN" });
  assertEquals(await exitCode, 0);

  for (const taskId of taskIds) {
    // Whether a job is reported as running depends on how long it takes.
    const states = statesOf(taskId).filter((state) => state !== "TASK_RUNNING");
    assertEquals(states, ["TASK_STARTING", "TASK_FINISHED"]);
  }
  for (const taskId of ["killed", "shut-down"]) {
    assertEquals(statesOf(taskId), ["TASK_STARTING", "TASK_RUNNING", "TASK_KILLED"]);
  }
  await agent.stop();
  await Deno.remove(sandbox, { recursive: true });
});
