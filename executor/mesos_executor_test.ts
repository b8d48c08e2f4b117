import { assertEquals } from "@std/assert";
import { delay } from "../process/deadline.ts";
import { GpuPool } from "./gpu_pool.ts";
import type { Job, PreparedJob } from "./job_runner.ts";
import { MesosExecutor, type MesosExecutorOptions } from "./mesos_executor.ts";
import { NodeInfoReporter } from "./node_info_reporter.ts";
import { FakeExecutorDriver, taskInfo } from "./testing.ts";

const PREPARED = {} as PreparedJob;
const GRACE_MS = 1000;

/** An executor of parts that do nothing but what the test says. */
function executorWith(options: Partial<MesosExecutorOptions>) {
  const done: string[] = [];
  const note = (what: string) => () => {
    done.push(what);
    return Promise.resolve();
  };
  const driver = new FakeExecutorDriver();
  const executor = new MesosExecutor({
    runner: {
      prepare: () => Promise.resolve(PREPARED),
      discard: () => Promise.resolve(),
      spawn: () => neverEndingJob(),
    },
    processes: { close: note("processes") },
    deployment: { clean: note("deployment") },
    gpus: new GpuPool(),
    workerCleanup: { run: note("worker") },
    nodeLoad: {
      measure: (workers) => ({
        coresUsed: 0,
        memoryUsed: 0,
        coresTotal: 1,
        memoryTotal: 1,
        workers,
      }),
    },
    nodeInfoReporter: new NodeInfoReporter({ setTimer: () => () => {} }),
    shutdownGracePeriodMs: GRACE_MS,
    ...options,
  });
  return { executor, driver, done };
}

function neverEndingJob(): Job {
  return { ended: new Promise(() => {}), kill: () => Promise.resolve() };
}

Deno.test("MesosExecutor begins nothing of a task before the agent has taken TASK_STARTING", async () => {
  const begun: string[] = [];
  const { executor, driver } = executorWith({
    runner: {
      prepare: (taskId) => {
        begun.push(taskId);
        return Promise.resolve(PREPARED);
      },
      discard: () => Promise.resolve(),
      spawn: neverEndingJob,
    },
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  driver.taken = promise;
  executor.launchTask(driver, taskInfo("a"));
  executor.launchTask(driver, taskInfo("b"));
  executor.killTask(driver, { value: "b" });
  assertEquals((await driver.ended("b")).state, "TASK_KILLED");
  assertEquals([begun, driver.states("a")], [[], ["TASK_STARTING"]]);
  resolve();
  await driver.reached("a", "TASK_RUNNING");
  assertEquals(begun, ["a"]);
});

Deno.test("MesosExecutor.shutdown() kills first and then cleans up, in order", async () => {
  const { executor, driver, done } = executorWith({});
  executor.shutdown(driver);
  executor.shutdown(driver);
  assertEquals(await executor.exitCode, 0);
  assertEquals(done, ["processes", "deployment", "worker"]);
});

Deno.test("MesosExecutor.shutdown() leaves the time that no job needs to the clean-up", async () => {
  // Longer than the share of the clean-up, shorter than with that of the jobs.
  const { executor, driver, done } = executorWith({
    processes: { close: () => delay(GRACE_MS * 0.4) },
  });
  executor.shutdown(driver);
  assertEquals(await executor.exitCode, 0);
  assertEquals(done, ["deployment", "worker"]);
});

Deno.test("MesosExecutor.shutdown() is bounded, whatever does not end", async () => {
  const never = () => new Promise<void>(() => {});
  const { executor, driver } = executorWith({
    deployment: { clean: never },
    shutdownGracePeriodMs: 20,
  });
  executor.launchTask(driver, taskInfo("a"));
  await driver.reached("a", "TASK_RUNNING");
  executor.shutdown(driver);
  assertEquals(await executor.exitCode, 0);
  assertEquals(driver.stoppedWithDrainMs, 3);
});

Deno.test("MesosExecutor leaves though its driver does not stop", async () => {
  const { executor, driver } = executorWith({ shutdownGracePeriodMs: 20 });
  driver.stop = () => new Promise<void>(() => {});
  executor.shutdown(driver);
  assertEquals(await executor.exitCode, 0);
});

Deno.test("MesosExecutor.shutdown() gives a job its own grace, if there is time for it", async () => {
  const graces: number[] = [];
  const kill = (graceMs: number) => {
    graces.push(graceMs);
    return Promise.resolve();
  };
  const { executor, driver } = executorWith({
    runner: {
      prepare: () => Promise.resolve(PREPARED),
      discard: () => Promise.resolve(),
      spawn: () => ({ ...neverEndingJob(), kill }),
    },
    shutdownGracePeriodMs: 20,
  });
  for (const [taskId, graceMs] of [["short", 3], ["long", 3000]] as const) {
    const kill_policy = { grace_period: { nanoseconds: graceMs * 1e6 } };
    executor.launchTask(driver, taskInfo(taskId, {}, { kill_policy }));
    await driver.reached(taskId, "TASK_RUNNING");
  }
  executor.shutdown(driver);
  await executor.exitCode;
  assertEquals(graces, [3, 10]);
});

Deno.test("MesosExecutor leaves with 1, but in order, when user scripts can't be removed", async () => {
  const { executor, driver, done } = executorWith({
    deployment: { clean: () => Promise.reject(new Error("cannot clean")) },
  });
  executor.shutdown(driver);
  assertEquals(await executor.exitCode, 1);
  assertEquals([done, driver.stoppedWithDrainMs], [["processes", "worker"], GRACE_MS * 0.15]);
});

Deno.test("MesosExecutor kills everything and says no more when a job's end is unknown", async () => {
  const { executor, driver, done } = executorWith({
    runner: {
      prepare: () => Promise.resolve(PREPARED),
      discard: () => Promise.resolve(),
      spawn: () => ({ ...neverEndingJob(), ended: Promise.reject(new Error("broken")) }),
    },
  });
  executor.launchTask(driver, taskInfo("a"));
  assertEquals(await executor.exitCode, 1);
  assertEquals(done, ["processes"]);
  executor.launchTask(driver, taskInfo("b"));
  executor.killTask(driver, { value: "a" });
  assertEquals(driver.states("a"), ["TASK_STARTING"]);
});

Deno.test("MesosExecutor starts no job any more once everything was killed", async () => {
  const prepared = Promise.withResolvers<PreparedJob>();
  let spawned = 0;
  const { executor, driver } = executorWith({
    runner: {
      prepare: () => prepared.promise,
      discard: () => Promise.resolve(),
      spawn: () => (spawned++, neverEndingJob()),
    },
  });
  executor.launchTask(driver, taskInfo("a"));
  await executor.abort(driver, new Error("broken"));
  prepared.resolve(PREPARED);
  await prepared.promise;
  assertEquals([await executor.exitCode, spawned], [1, 0]);
});

Deno.test("MesosExecutor kills everything when a job can't be killed", async () => {
  const { executor, driver, done } = executorWith({
    runner: {
      prepare: () => Promise.resolve(PREPARED),
      discard: () => Promise.resolve(),
      spawn: () => ({ ...neverEndingJob(), kill: () => Promise.reject(new Error("broken")) }),
    },
  });
  executor.launchTask(driver, taskInfo("a"));
  await driver.reached("a", "TASK_RUNNING");
  executor.killTask(driver, { value: "a" });
  assertEquals([await executor.exitCode, done], [1, ["processes"]]);
});

Deno.test("MesosExecutor forgets the oldest of very many tasks and nothing else", async () => {
  const ended = Promise.resolve({
    outcome: { exitStatus: 0, wallTimeSeconds: 1 },
    killed: false,
  });
  const { executor, driver } = executorWith({
    runner: {
      prepare: () => Promise.resolve(PREPARED),
      discard: () => Promise.resolve(),
      spawn: () => ({ ...neverEndingJob(), ended }),
    },
  });
  for (let number = 0; number <= 10_000; number++) {
    executor.launchTask(driver, taskInfo(`task-${number}`));
  }
  await driver.ended("task-10000");
  executor.launchTask(driver, taskInfo("task-1"));
  assertEquals(driver.states("task-1"), ["TASK_STARTING", "TASK_FINISHED"]);
});
