import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { CommandInfo, ExecutorInfo } from "../../mesos/wire/messages.ts";
import { isAlive } from "../../process/process_table.ts";
import { waitFor } from "../kit/wait_for.ts";
import { idleExecutor, task } from "../../cluster/testing.ts";
import {
  launchExecutor,
  readSandbox,
  type TestCluster,
  withCluster,
} from "../../cluster/agent/testing.ts";

function executorOf(command: CommandInfo): ExecutorInfo {
  return { ...idleExecutor(), command };
}

/** Launches a task of an executor with this command, for which nobody speaks. */
async function launch({ scheduler, offer }: TestCluster, command: CommandInfo): Promise<void> {
  // What is left of the offer is not wanted: the next one has everything.
  await scheduler.launch(offer, [task("1", offer, { executor: executorOf(command) })], 1000);
}

/** Where the executor writes. */
async function sandboxOf(test: TestCluster): Promise<string> {
  const state = await fetch(new URL("/state", test.agent.url));
  return (await state.json()).frameworks[0].executors[0].directory;
}

const ENDS: [string, CommandInfo, number][] = [
  ["exits with a status", { value: "exit 3" }, 3 << 8],
  ["exits well", { value: "exit 0" }, 0],
  ["kills itself", { value: "kill -KILL $$" }, 9],
  ["is not there", { value: "/no/such/executor" }, 127 << 8],
];

for (const [name, command, status] of ENDS) {
  Deno.test(`an executor that ${name} is told of before its task`, async () => {
    await withCluster({ master: { allocationIntervalMs: 10 } }, async (test) => {
      const { scheduler, agent } = test;
      await launch(test, command);
      const { failure } = await scheduler.event("FAILURE");
      assertEquals(failure, {
        agent_id: { value: agent.id },
        executor_id: { value: "toil-1" },
        status,
      });
      const update = await scheduler.acknowledged("1", "TASK_FAILED");
      assertEquals([update.source, update.reason, update.message], [
        "SOURCE_AGENT",
        "REASON_EXECUTOR_TERMINATED",
        "Executor terminated",
      ]);
      const types = scheduler.events.map(({ type }) => type);
      assert(types.indexOf("FAILURE") < types.indexOf("UPDATE"));
      // All that it had is free again.
      const [offer] = await scheduler.offers();
      assertEquals(offer?.resources, test.offer.resources);
    });
  });
}

Deno.test("an executor that ends while its task runs is told of before it", async () => {
  await withCluster({}, async (test) => {
    const { scheduler } = test;
    const command = { value: "while ! [ -e end ]; do sleep 0.01; done; exit 7" };
    const executor = await launchExecutor(test, executorOf(command));
    await executor.tell("1", "TASK_RUNNING");
    await scheduler.acknowledged("1", "TASK_RUNNING");
    await Deno.writeTextFile(`${await sandboxOf(test)}/end`, "");
    assertEquals((await scheduler.event("FAILURE")).failure?.status, 7 << 8);
    await scheduler.acknowledged("1", "TASK_FAILED");
    await executor.finished();
  });
});

Deno.test("an executor that does not come in time is killed", async () => {
  await withCluster({ agent: { executorRegistrationTimeoutMs: 50 } }, async (test) => {
    await launch(test, { value: "exec sleep 1000" });
    const { failure } = await test.scheduler.event("FAILURE");
    assertEquals(failure?.status, 9);
    const update = await test.scheduler.acknowledged("1", "TASK_FAILED");
    assertEquals([update.reason, update.message], [
      "REASON_EXECUTOR_REGISTRATION_TIMEOUT",
      "Executor did not register within 50ms",
    ]);
  });
});

Deno.test("a command without a shell gets its arguments as they are", async () => {
  await withCluster({}, async (test) => {
    const text = `a 'quoted' "word" $HOME *`;
    await launch(test, { shell: false, value: "/bin/echo", arguments: ["echo", "-n", text] });
    assertEquals(await readSandbox(test, "stdout"), text);
    await test.scheduler.event("FAILURE");
  });
});

Deno.test("an executor has its own variables, those of all executors, and none of the agent", async () => {
  const agent = { executorEnvironmentVariables: { OF_ALL: "all", PATH: "/bin:/usr/bin" } };
  await withCluster({ agent }, async (test) => {
    const variables = [{ name: "OWN", value: "mine" }, { name: "OF_ALL", value: "overridden" }];
    await launch(test, { value: "env > env.new; mv env.new env", environment: { variables } });
    const environment = (await readSandbox(test, "env")).split("\n");
    const names = environment.map((line) => line.split("=")[0]);
    for (const line of ["OWN=mine", "OF_ALL=overridden", "PATH=/bin:/usr/bin"]) {
      assert(environment.includes(line));
    }
    assert(Deno.env.has("HOME") && !names.includes("HOME"));
  });
});

Deno.test("files are fetched before the executor starts", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "#!/bin/sh\necho fetched > result\n");
  await withCluster({}, async (test) => {
    const uris = [{ value: file, executable: true, output_file: "run-me" }];
    await launch(test, { value: "./run-me", uris });
    assertEquals(await readSandbox(test, "result"), "fetched\n");
    await test.scheduler.event("FAILURE");
  });
  await Deno.remove(file);
});

Deno.test("a file that can't be fetched fails the task", async () => {
  await withCluster({}, async (test) => {
    await launch(test, { value: "true", uris: [{ value: "/no/such/file" }] });
    const { failure } = await test.scheduler.event("FAILURE");
    assertEquals([failure?.executor_id?.value, failure?.status], ["toil-1", 9]);
    const update = await test.scheduler.acknowledged("1", "TASK_FAILED");
    assertEquals([update.source, update.reason], [
      "SOURCE_AGENT",
      "REASON_CONTAINER_LAUNCH_FAILED",
    ]);
    assertMatch(
      update.message ?? "",
      /^Failed to launch container: Failed to fetch all URIs for container '[0-9a-f-]{36}': exited with status 1$/,
    );
    assertStringIncludes(
      await readSandbox(test, "stderr"),
      "Failed to fetch '/no/such/file': No such file",
    );
  });
});

Deno.test("an executor that is shut down while it fetches never starts", async () => {
  let asked = false;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    asked = true;
    return new Response(new ReadableStream());
  });
  await withCluster({}, async (test) => {
    const { scheduler, agent } = test;
    const uris = [{ value: `http://127.0.0.1:${server.addr.port}/unending` }];
    await launch(test, { value: "echo started > started", uris });
    await waitFor(() => asked, "the fetch");
    const shutdown = { agent_id: { value: agent.id }, executor_id: { value: "toil-1" } };
    await scheduler.call({ type: "SHUTDOWN", shutdown });
    const update = await scheduler.acknowledged("1", "TASK_FAILED");
    assertEquals(
      update.message,
      "Failed to launch container: Container is being destroyed during fetching",
    );
  });
  await server.shutdown();
});

Deno.test("nothing of an executor is left when it has ended", async () => {
  await withCluster({}, async (test) => {
    const background =
      "sleep 1000 & setsid sleep 1000 & echo $! > pid.new; mv pid.new pid; wait $!";
    await launch(test, { value: background });
    const pid = Number(await readSandbox(test, "pid"));
    assert(isAlive(pid));
    await test.scheduler.teardown();
    await waitFor(() => !isAlive(pid), "the end of the process");
  });
});

Deno.test("stop() of a cluster ends executors that do not listen, and keeps what is the caller's", async () => {
  const workDirectory = await Deno.makeTempDir();
  const pids: number[] = [];
  await withCluster({ workDirectory }, async (test) => {
    await launch(test, { value: "trap '' TERM; echo $$ > pid.new; mv pid.new pid; sleep 1000" });
    pids.push(Number(await readSandbox(test, "pid")));
  });
  assertEquals(pids.map(isAlive), [false]);
  assertEquals([...Deno.readDirSync(workDirectory)].map(({ name }) => name).sort(), [
    "agent-0",
    "master",
  ]);
  await Deno.remove(workDirectory, { recursive: true });
});

Deno.test("an executor of its own grace period has that long after SHUTDOWN", async () => {
  await withCluster(
    { agent: { executorShutdownGracePeriodMs: 600_000 } },
    async (test) => {
      const executor = {
        ...idleExecutor(),
        shutdown_grace_period: { nanoseconds: 10_000_000 },
      };
      const speaker = await launchExecutor(test, executor);
      await test.scheduler.teardown();
      await speaker.event("SHUTDOWN");
      // Else this test would last for ten minutes.
      await speaker.finished();
    },
  );
});
