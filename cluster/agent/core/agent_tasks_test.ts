import { assert, assertEquals } from "@std/assert";
import { uuidOf } from "../../master/testing.ts";
import { idleExecutor } from "../../testing.ts";
import { LogicalAgent, taskOf } from "../testing.ts";

Deno.test("nothing is started for a user that does not exist", () => {
  const agent = new LogicalAgent();
  agent.run(taskOf("t"), { info: { user: "ghost" } });
  assertEquals(agent.updates, [
    "TASK_DROPPED REASON_EXECUTOR_TERMINATED Failed to create executor directory: " +
    "Failed to chown directory to 'ghost': No such user 'ghost'",
  ]);
  const executorId = idleExecutor().executor_id.value;
  assertEquals(agent.told.at(-1), {
    type: "EXITED_EXECUTOR",
    frameworkId: "F",
    executorId,
    status: -1,
  });
  const command = { value: "true", user: "root" };
  agent.run(taskOf("u", { ...idleExecutor(), command }), { info: { user: "ghost" } });
  assertEquals(agent.executor.queuedTasks.size, 1);
});

Deno.test("what never ran is told until it is acknowledged, whatever else is", () => {
  const agent = new LogicalAgent();
  agent.run(taskOf("t"), { launchExecutor: false });
  agent.run(taskOf("u"), { launchExecutor: false });
  const [first, second] = agent.told;
  assert(first?.type === "STATUS_UPDATE" && first.status.uuid);
  assert(second?.type === "STATUS_UPDATE" && second.status.uuid);
  for (const uuid of [uuidOf(1), first.status.uuid, uuidOf(1)]) agent.acknowledge("t", uuid);
  agent.timeout({ type: "UPDATE_RETRY", frameworkId: "F", taskId: "u" });
  assertEquals(agent.told, [first, second, second]);
  agent.acknowledge("u", second.status.uuid);
  assertEquals(agent.state.frameworks.size, 0);
});
