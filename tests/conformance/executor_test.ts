import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { pathToFileURL } from "node:url";
import { executorCommandInfo } from "../../setup/executor_command.ts";
import { TemporaryDirectory, writeTree } from "../../resource/testing.ts";
import { waitFor } from "../kit/wait_for.ts";
import { EXECUTOR_COMMAND, small, TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";
import { SELF_COMMAND } from "../kit/program.ts";

const mesos = useMesos();

Deno.test("jobs of an executor that was killed are reported with Mesos' reason, and end", async () => {
  await using local = await TemporaryDirectory.create();
  const value = `echo $$ >'${local.path}'/$MESOS_SLAVE_ID; ${EXECUTOR_COMMAND.value}`;
  const settings = { executorCommand: { ...EXECUTOR_COMMAND, value } };
  await using batchSystem = await TestBatchSystem.start(mesos, { settings });
  const jobIDs = [
    await batchSystem.issue("sleep 1000"),
    await batchSystem.issue("setsid sleep 1000 & sleep 1000"),
  ];
  await batchSystem.running(...jobIDs);
  const processes = () => jobIDs.flatMap((jobID) => batchSystem.processes(jobID));
  assert(processes().length >= 2);
  for (const { name } of Deno.readDirSync(local.path)) {
    Deno.kill(Number(await Deno.readTextFile(local.at(name))), "SIGKILL");
  }
  for (const result of (await batchSystem.nextResults(2)).values()) {
    assertEquals([result.exitReason, result.exitStatus], ["LOST", 255]);
    assertStringIncludes(result.message, "REASON_EXECUTOR_TERMINATED");
    assertStringIncludes(result.message, "signal 9");
  }
  await waitFor(() => processes().length === 0, "the end of the jobs' processes");
  assertEquals((await batchSystem.run("exit 5")).exitStatus, 5);
});

Deno.test("an executor that has to be fetched is fetched", async () => {
  await using local = await TemporaryDirectory.create();
  await writeTree(local.path, { "program.sh": `file:#!/bin/sh\nexec ${SELF_COMMAND} "$@"\n` });
  const executorCommand = executorCommandInfo({
    executorCommand: undefined,
    uri: pathToFileURL(local.at("program.sh")).href,
    selfCommand: "/no/such/toil-mesos",
    environment: {},
  });
  await using batchSystem = await TestBatchSystem.start(mesos, { settings: { executorCommand } });
  assertEquals((await batchSystem.run("exit 9")).exitStatus, 9);
});

Deno.test("a program whose URI names its content is fetched once per agent, not per executor", async () => {
  const program = `#!/bin/sh\nexec ${SELF_COMMAND} "$@"\n`;
  let downloads = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      if (request.method === "GET") downloads++;
      return new Response(program, { headers: { "content-length": String(program.length) } });
    },
  );
  const executorCommand = executorCommandInfo({
    executorCommand: undefined,
    uri: `http://127.0.0.1:${server.addr.port}/digest/toil-mesos`,
    isCacheable: true,
    selfCommand: "/no/such/toil-mesos",
    environment: {},
  });
  const nodes = new Set<string>();
  // Each batch system is a framework of its own, and has executors of its own.
  for (let i = 0; i < 2; i++) {
    await using batchSystem = await TestBatchSystem.start(mesos, { settings: { executorCommand } });
    for (let j = 0; j < 3; j++) {
      const { exitStatus, node } = await batchSystem.run(`kill -9 $PPID; exit ${j}`);
      nodes.add(node);
      assertEquals(exitStatus, 255);
    }
  }
  assertEquals(downloads, nodes.size);
});

async function assertNotStarted(): Promise<void> {
  const executorCommand = { shell: true, value: "exec /no/such/toil-mesos executor" };
  await using batchSystem = await TestBatchSystem.start(mesos, { settings: { executorCommand } });
  const requirements = small();
  await batchSystem.issueBatchJobs(
    Array.from({ length: 5 }, () => ({ command: "true", requirements })),
  );
  for (const { exitReason, exitStatus, message } of (await batchSystem.nextResults(5)).values()) {
    assertMatch(exitReason, /^(LOST|FAILED|ERROR)$/);
    assertEquals(exitStatus, 255);
    assertMatch(message, /REASON_EXECUTOR_/);
  }
}

async function assertNotFetched(): Promise<void> {
  const executorCommand = executorCommandInfo({
    executorCommand: undefined,
    uri: "file:///no/such/toil-mesos",
    selfCommand: "/no/such/toil-mesos",
    environment: {},
  });
  await using batchSystem = await TestBatchSystem.start(mesos, { settings: { executorCommand } });
  const { exitReason, exitStatus, message } = await batchSystem.run("true");
  assertEquals([exitReason, exitStatus], ["ERROR", 255]);
  assertStringIncludes(message, "REASON_CONTAINER_LAUNCH_FAILED");
}

// Both at the same time: most of it is waiting for nodes that rest after a failure.
Deno.test("jobs whose executor can't be started or fetched are reported with Mesos' reason", async () => {
  await Promise.all([assertNotStarted(), assertNotFetched()]);
});

Deno.test("a job that can't be started is refused, or ends with the reason", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  // Linux passes no text longer than 128 KiB to a process.
  const jobEnvironment = { LONG: "x".repeat(256 * 1024) };
  await assertRejects(
    () => batchSystem.issueBatchJob("true", small(), { jobEnvironment }),
    TypeError,
    "LONG",
  );
  const { exitReason, message } = await batchSystem.run("echo \0");
  assertEquals(exitReason, "ERROR");
  assert(message !== "");
  assertEquals((await batchSystem.run("true")).exitStatus, 0);
});
