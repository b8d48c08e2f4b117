import { assert, assertEquals } from "@std/assert";
import { uuidOf } from "../../master/testing.ts";
import { idleExecutor, lastingExecutor } from "../../testing.ts";
import { newTask } from "../../protocol/task_status.ts";
import { registrationOf } from "../master_link.ts";
import type { RecoveredFramework } from "../recovery.ts";
import { FRAMEWORK, LogicalAgent, taskOf } from "../testing.ts";

/** An agent with an executor that runs a task. */
function running(): { agent: LogicalAgent; streamId: string } {
  const agent = new LogicalAgent();
  agent.run(taskOf("t"));
  agent.take({ type: "CONTAINER_STARTED", run: agent.lastRun, pid: 42 });
  return { agent, streamId: agent.subscribe() };
}

Deno.test("a task starts its executor and waits until that subscribes", () => {
  const agent = new LogicalAgent();
  const effects = agent.run(taskOf("t"));
  assertEquals(effects.map(({ type }) => type), [
    "CHECKPOINT",
    "CHECKPOINT",
    "LAUNCH",
    "SET_TIMER",
    "CHECKPOINT",
  ]);
  agent.run(taskOf("u"), { launchExecutor: false });
  const streamId = agent.subscribe();
  assertEquals(agent.events(streamId).map(({ type }) => type), ["SUBSCRIBED", "LAUNCH", "LAUNCH"]);
  agent.run(taskOf("v"), { launchExecutor: false });
  assertEquals(agent.events(streamId).at(-1)?.launch?.task.task_id.value, "v");
});

Deno.test("what was not acknowledged is sent again as soon as the scheduler is another one", () => {
  const { agent } = running();
  agent.tell("t", "TASK_RUNNING", uuidOf(1));
  const before = agent.told.length;
  agent.take({
    type: "MASTER_MESSAGE",
    message: { type: "UPDATE_FRAMEWORK", framework: FRAMEWORK },
  });
  assertEquals(agent.told.slice(before).map(({ type }) => type), ["STATUS_UPDATE"]);
  assertEquals(agent.told.at(-1), agent.told[before - 1]);
});

Deno.test("a container that is left without cpus is destroyed, with the task on its way to it", () => {
  const agent = new LogicalAgent();
  const bare = { ...idleExecutor(), resources: [] };
  agent.run(taskOf("t", bare));
  agent.take({ type: "CONTAINER_STARTED", run: agent.lastRun, pid: 42 });
  const streamId = agent.subscribe();
  const { lastRun: run } = agent;
  const effects = agent.tell("t", "TASK_FINISHED", uuidOf(1));
  assertEquals(effects.filter(({ type }) => type === "DESTROY"), [{ type: "DESTROY", run }]);
  agent.run(taskOf("u", bare), { launchExecutor: false });
  assertEquals(agent.events(streamId).filter(({ type }) => type === "LAUNCH").length, 1);
  agent.acknowledge("t", uuidOf(1));
  agent.take({ type: "CONTAINER_ENDED", run, status: 9 });
  assertEquals(agent.updates, [
    "TASK_FINISHED",
    "TASK_GONE REASON_CONTAINER_UPDATE_FAILED Failed to update resources for container: " +
    "Collect failed: Failed to update subsystem 'cpu': No cpus resource given",
  ]);
});

Deno.test("a container whose executor holds a cpu outlives its last task", () => {
  const agent = new LogicalAgent();
  agent.run(taskOf("t", lastingExecutor()));
  agent.subscribe();
  const effects = agent.tell("t", "TASK_FINISHED", uuidOf(1));
  assertEquals(effects.filter(({ type }) => type === "DESTROY"), []);
});

Deno.test("an update gets what the agent knows, is written down, sent and acknowledged", () => {
  const { agent, streamId } = running();
  const effects = agent.tell("t", "TASK_RUNNING", uuidOf(1));
  assertEquals(effects.map(({ type }) => type), [
    "CHECKPOINT",
    "SET_TIMER",
    "TELL_MASTER",
    "EVENT",
  ]);
  assertEquals(agent.told.at(-1), {
    type: "STATUS_UPDATE",
    frameworkId: "F",
    latestState: "TASK_RUNNING",
    status: {
      task_id: { value: "t" },
      state: "TASK_RUNNING",
      source: "SOURCE_EXECUTOR",
      uuid: uuidOf(1),
      agent_id: { value: "A" },
      timestamp: 1000,
      container_status: {
        container_id: { value: agent.lastRun.containerId },
        network_infos: [{ ip_addresses: [{ ip_address: "127.0.0.1" }] }],
        executor_pid: 42,
      },
    },
  });
  assertEquals(agent.events(streamId).at(-1)?.acknowledged, {
    task_id: { value: "t" },
    uuid: uuidOf(1),
  });
});

Deno.test("an update after the end of a task is acknowledged and goes no further", () => {
  const { agent, streamId } = running();
  agent.tell("t", "TASK_FINISHED", uuidOf(1));
  agent.tell("t", "TASK_FAILED", uuidOf(2));
  agent.acknowledge("t", uuidOf(1));
  assertEquals(agent.updates, ["TASK_FINISHED"]);
  assertEquals(agent.events(streamId).filter(({ acknowledged }) => acknowledged).length, 2);
});

Deno.test("a task is kept until its end is acknowledged, and its executor lives on", () => {
  const { agent } = running();
  agent.tell("t", "TASK_FINISHED", uuidOf(1));
  assertEquals(agent.executor.tasks.size, 1);
  agent.acknowledge("t", uuidOf(1));
  assertEquals(agent.executor.tasks.size, 0);
  assertEquals(agent.checkpoints.at(-1)?.type, "TASK_DONE");
  assertEquals(agent.executor.state, "RUNNING");
});

Deno.test("an executor that ends takes its tasks with it, and is told of first", () => {
  const { agent } = running();
  agent.tell("t", "TASK_RUNNING", uuidOf(1));
  agent.acknowledge("t", uuidOf(1));
  agent.run(taskOf("u"), { launchExecutor: false });
  agent.take({ type: "CONTAINER_ENDED", run: agent.lastRun, status: 9 });
  const told = agent.told.slice(1);
  assertEquals(told.map(({ type }) => type), ["EXITED_EXECUTOR", "STATUS_UPDATE", "STATUS_UPDATE"]);
  assertEquals(agent.updates.slice(1), [
    "TASK_FAILED REASON_EXECUTOR_TERMINATED Executor terminated",
    "TASK_FAILED REASON_EXECUTOR_TERMINATED Executor terminated",
  ]);
  const updates = told.flatMap((each) => each.type === "STATUS_UPDATE" ? [each.status] : []);
  for (const { task_id, uuid, source, container_status } of updates) {
    assertEquals([source, container_status], ["SOURCE_AGENT", undefined]);
    assert(uuid);
    agent.acknowledge(task_id.value, uuid);
  }
  assertEquals(agent.state.frameworks.size, 0);
  assertEquals(agent.checkpoints.slice(-2).map(({ type }) => type), [
    "EXECUTOR_DONE",
    "FRAMEWORK_DONE",
  ]);
});

Deno.test("an executor that could not be started fails its tasks with the reason", () => {
  const agent = new LogicalAgent();
  agent.run(taskOf("t"));
  const run = agent.lastRun;
  agent.take({ type: "CONTAINER_FAILED", run, reason: "no such file" });
  agent.take({ type: "CONTAINER_ENDED", run, status: 9 });
  assertEquals(agent.updates, [
    "TASK_FAILED REASON_CONTAINER_LAUNCH_FAILED Failed to launch container: no such file",
  ]);
});

Deno.test("an executor that does not subscribe in time is killed", () => {
  const agent = new LogicalAgent();
  agent.run(taskOf("t"));
  const run = agent.lastRun;
  const effects = agent.timeout({ type: "EXECUTOR_REGISTRATION", ...run });
  assertEquals(effects, [{ type: "DESTROY", run }]);
  agent.take({ type: "CONTAINER_ENDED", run, status: 9 });
  assertEquals(agent.updates, [
    "TASK_FAILED REASON_EXECUTOR_REGISTRATION_TIMEOUT Executor did not register within 1mins",
  ]);
});

Deno.test("a kill reaches a running executor, and settles a task that waits for one", () => {
  const agent = new LogicalAgent();
  agent.run(taskOf("t"));
  agent.run(taskOf("u"), { launchExecutor: false });
  const kill = (taskId: string) => agent.order({ type: "KILL_TASK", frameworkId: "F", taskId });
  kill("t");
  assertEquals(agent.updates, [
    "TASK_KILLED REASON_TASK_KILLED_DURING_LAUNCH Killed before delivery to the executor",
  ]);
  const streamId = agent.subscribe();
  kill("u");
  assertEquals(agent.events(streamId).at(-1)?.kill, { task_id: { value: "u" } });
  kill("never");
  assertEquals(
    agent.updates.at(-1),
    "TASK_DROPPED REASON_EXECUTOR_TERMINATED Cannot find executor",
  );
});

Deno.test("an executor whose tasks were all killed before it came is sent away", () => {
  const agent = new LogicalAgent();
  agent.run(taskOf("t"));
  agent.order({ type: "KILL_TASK", frameworkId: "F", taskId: "t" });
  const streamId = agent.subscribe();
  assertEquals(agent.events(streamId).map(({ type }) => type), ["SHUTDOWN"]);
  assertEquals(agent.executor.state, "TERMINATING");
});

Deno.test("the end of a framework shuts its executors down, by force after the grace period", () => {
  const { agent, streamId } = running();
  const { lastRun: run } = agent;
  agent.order({ type: "SHUTDOWN_FRAMEWORK", frameworkId: "F" });
  assertEquals(agent.events(streamId).at(-1), { type: "SHUTDOWN" });
  agent.tell("t", "TASK_KILLED", uuidOf(1));
  assertEquals(agent.updates, []);
  assertEquals(agent.timeout({ type: "EXECUTOR_SHUTDOWN", ...run }), [{ type: "DESTROY", run }]);
  agent.take({ type: "CONTAINER_ENDED", run, status: 9 });
  assertEquals(agent.state.frameworks.size, 0);
  assertEquals(agent.updates, []);
});

Deno.test("a grace period of the executor's own counts", () => {
  const agent = new LogicalAgent();
  const executor = { ...idleExecutor(), shutdown_grace_period: { nanoseconds: 2e9 } };
  agent.run(taskOf("t", executor));
  const effects = agent.order({ type: "SHUTDOWN_FRAMEWORK", frameworkId: "F" });
  const timer = effects.find(({ type }) => type === "SET_TIMER");
  assert(timer?.type === "SET_TIMER");
  assertEquals(timer.afterMs, 2000);
});

Deno.test("an order that does not fit what is there drops the task", () => {
  const { agent } = running();
  agent.run(taskOf("u"));
  assertEquals(
    agent.updates.at(-1),
    "TASK_DROPPED REASON_EXECUTOR_TERMINATED Master wants to launch executor, but one already exists",
  );
  assertEquals(agent.executor.state, "TERMINATING");
  agent.run(taskOf("v"), { launchExecutor: false });
  assertEquals(
    agent.updates.at(-1),
    "TASK_DROPPED REASON_EXECUTOR_TERMINATED Executor terminating",
  );
  agent.run(taskOf("w", idleExecutor("other")), { launchExecutor: false });
  assertEquals(
    agent.updates.at(-1),
    "TASK_DROPPED REASON_EXECUTOR_TERMINATED No executor is expected to launch and there is none" +
      " running",
  );
  const named = agent.told.map((message) =>
    message.type === "STATUS_UPDATE" ? message.status.executor_id?.value : undefined
  );
  // Mesos does not say whose a task was that came too late for its executor.
  assertEquals(named.slice(-2), [undefined, "other"]);
});

Deno.test("an executor that subscribes again closes its earlier stream", () => {
  const { agent, streamId } = running();
  agent.subscribe();
  assertEquals(
    agent.effects.filter(({ type }) => type === "CLOSE_STREAM"),
    [{ type: "CLOSE_STREAM", streamId }],
  );
});

Deno.test("without a master nothing is sent, and everything is when there is one again", () => {
  const { agent } = running();
  agent.take({ type: "MASTER_LOST" });
  assertEquals(agent.effects.at(-1), { type: "REGISTER" });
  agent.tell("t", "TASK_RUNNING", uuidOf(1));
  assertEquals(agent.updates, []);
  const address = { ip: "127.0.0.1", port: 1 };
  const { tasks, executors, frameworks } = registrationOf(agent.state, address);
  assertEquals(tasks.map(({ taskId, state }) => [taskId, state]), [["t", "TASK_RUNNING"]]);
  assertEquals([executors.length, frameworks.length], [1, 1]);
  agent.register();
  assertEquals(agent.updates, ["TASK_RUNNING"]);
});

Deno.test("tasks that only the master knows are told to be gone", () => {
  const agent = new LogicalAgent();
  agent.take({ type: "MASTER_LOST" });
  agent.order({
    type: "REGISTERED",
    agentId: "A",
    pingTimeoutMs: 1,
    reconciliations: [{ framework: FRAMEWORK, taskIds: ["lost"] }],
  });
  assertEquals(agent.updates, [
    "TASK_DROPPED REASON_RECONCILIATION Reconciliation: task unknown to the agent",
  ]);
});

Deno.test("pings keep the agent at its master, and silence or a stranger's ping does not", () => {
  const agent = new LogicalAgent();
  const beat = agent.take({ type: "PING", ping: { connected: true } });
  assertEquals(beat, [{
    type: "SET_TIMER",
    timeout: { type: "MASTER_PING" },
    afterMs: 75_000,
  }]);
  agent.take({ type: "PING", ping: { connected: false } });
  assertEquals(agent.effects.at(-1), { type: "REGISTER" });
  agent.register();
  agent.timeout({ type: "MASTER_PING" });
  assertEquals(agent.effects.at(-1), { type: "REGISTER" });
});

/** What was written down of an executor with a running and a never delivered task. */
function recovered(): [RecoveredFramework] {
  const run = { frameworkId: "F", executorId: "toil-1", containerId: "C" };
  const known = taskOf("known");
  const { executor: info } = known;
  assert(info);
  const update = {
    task_id: { value: "known" },
    state: "TASK_RUNNING" as const,
    uuid: uuidOf(1),
    source: "SOURCE_EXECUTOR" as const,
  };
  return [{
    info: FRAMEWORK,
    executors: [{
      run,
      info,
      served: false,
      pid: 42,
      tasks: [
        { task: newTask(known, "F"), updates: [update], acknowledged: [] },
        { task: newTask(taskOf("queued"), "F"), updates: [], acknowledged: [] },
      ],
    }],
  }];
}

/** An agent that was restarted under that executor. */
function restarted(): LogicalAgent {
  return new LogicalAgent(recovered());
}

Deno.test("a restarted agent waits for its executors, takes their updates, and then registers", () => {
  const agent = restarted();
  assertEquals(agent.state.phase, "RECOVERING");
  const finished = {
    task_id: { value: "known" },
    state: "TASK_FINISHED" as const,
    source: "SOURCE_EXECUTOR" as const,
    uuid: uuidOf(2),
  };
  const streamId = agent.subscribe([finished]);
  assertEquals(agent.events(streamId).map(({ type }) => type), ["SUBSCRIBED", "ACKNOWLEDGED"]);
  agent.timeout({ type: "EXECUTOR_REREGISTRATION" });
  assertEquals(agent.effects.at(-1), { type: "REGISTER" });
  agent.register();
  assertEquals(agent.updates.sort(), [
    "TASK_DROPPED REASON_AGENT_RESTARTED Task launched during agent restart",
    "TASK_RUNNING",
  ]);
  agent.acknowledge("known", uuidOf(1));
  assertEquals(agent.updates.at(-1), "TASK_FINISHED");
});

Deno.test("a task that the executor says it has is not dropped", () => {
  const agent = restarted();
  agent.subscribe([], [taskOf("queued")]);
  agent.timeout({ type: "EXECUTOR_REREGISTRATION" });
  agent.register();
  assertEquals(agent.updates, ["TASK_RUNNING"]);
});

Deno.test("an executor that does not come back to a restarted agent is killed", () => {
  const agent = restarted();
  const { lastRun: run } = agent;
  const effects = agent.timeout({ type: "EXECUTOR_REREGISTRATION" });
  assertEquals(effects, [{ type: "DESTROY", run }, { type: "REGISTER" }]);
  agent.take({ type: "CONTAINER_ENDED", run, status: -1 });
  agent.register();
  agent.acknowledge("known", uuidOf(1));
  const gone =
    "TASK_GONE REASON_EXECUTOR_REREGISTRATION_TIMEOUT Executor did not reregister within 2secs";
  assertEquals(agent.updates, ["TASK_RUNNING", gone, gone]);
});

Deno.test("a task whose end was acknowledged before the restart is not told of again", () => {
  const end = {
    task_id: { value: "done" },
    state: "TASK_FINISHED" as const,
    uuid: uuidOf(1),
    source: "SOURCE_EXECUTOR" as const,
  };
  const [{ executors: [executor] }] = recovered();
  assert(executor);
  const task = newTask(taskOf("done"), "F");
  const tasks = [{ task, updates: [end], acknowledged: [uuidOf(1)] }];
  const agent = new LogicalAgent([{ info: FRAMEWORK, executors: [{ ...executor, tasks }] }]);
  agent.subscribe();
  agent.timeout({ type: "EXECUTOR_REREGISTRATION" });
  agent.register();
  assertEquals(agent.updates, []);
  assertEquals(agent.executor.tasks.size, 0);
});

Deno.test("an executor that comes when it is to end is sent away", () => {
  const { agent } = running();
  agent.order({ type: "SHUTDOWN_FRAMEWORK", frameworkId: "F" });
  const streamId = agent.subscribe();
  assertEquals(agent.events(streamId).map(({ type }) => type), ["SHUTDOWN"]);
  assertEquals(agent.effects.at(-1), { type: "CLOSE_STREAM", streamId });
});

Deno.test("a task of a framework that is shut down gets no word, its executor is denied", () => {
  const { agent } = running();
  agent.order({ type: "SHUTDOWN_FRAMEWORK", frameworkId: "F" });
  const effects = agent.run(taskOf("u", idleExecutor("other")));
  assertEquals(effects, [{
    type: "TELL_MASTER",
    message: { type: "EXITED_EXECUTOR", frameworkId: "F", executorId: "other", status: -1 },
  }]);
});
