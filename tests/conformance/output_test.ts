import { assertEquals, assertMatch } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

const SPEAK = "echo 'out: 基因'; echo 'err: Gène' >&2";

/** Where a job ran. */
async function directoryOf(
  batchSystem: TestBatchSystem,
  { node, taskId }: { node: string; taskId: string },
): Promise<string> {
  const sandboxes = await mesos.sandboxes(node, batchSystem.frameworkId);
  const directories = sandboxes.map((sandbox) => join(sandbox, "jobs", taskId));
  const directory = directories.find((each) => existsSync(each));
  if (!directory) throw new Error(`Cannot find the directory of ${taskId} on ${node}`);
  return directory;
}

Deno.test("output goes to files of the job's own in the sandbox", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const directory = await directoryOf(batchSystem, await batchSystem.run(SPEAK));
  assertEquals(await Deno.readTextFile(`${directory}/stdout`), "out: 基因\n");
  assertEquals(await Deno.readTextFile(`${directory}/stderr`), "err: Gène\n");
});

Deno.test("output goes to the directory for logs, under names that tell the job", async () => {
  await using logs = await TemporaryDirectory.create();
  await using batchSystem = await TestBatchSystem.start(mesos, { batchLogsDir: logs.path });
  const { jobID, taskId } = await batchSystem.run(SPEAK);
  const [standardError, standardOutput] = [...Deno.readDirSync(logs.path)].map(({ name }) => name)
    .sort();
  assertMatch(
    standardOutput ?? "",
    new RegExp(`^toil_[0-9a-f-]+\\.${jobID}\\.${taskId}\\.out\\.log$`),
  );
  assertEquals(standardError, standardOutput?.replace(/out\.log$/, "err.log"));
  const path = batchSystem.formatStdOutErrPath(jobID, taskId, "out");
  assertEquals(path, join(logs.path, standardOutput ?? ""));
  assertEquals(await Deno.readTextFile(path), "out: 基因\n");
});

Deno.test("output that nobody wants goes nowhere", async () => {
  await using logs = await TemporaryDirectory.create();
  const config = { batchLogsDir: logs.path, noStdOutErr: true };
  await using batchSystem = await TestBatchSystem.start(mesos, config);
  const directory = await directoryOf(batchSystem, await batchSystem.run(SPEAK));
  assertEquals([...Deno.readDirSync(logs.path)], []);
  assertEquals([...Deno.readDirSync(directory)], []);
});

Deno.test("a job may write as much as it likes", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const result = await batchSystem.run("head -c 50000000 /dev/zero; exit 5");
  assertEquals(result.exitStatus, 5);
  const { size } = await Deno.stat(`${await directoryOf(batchSystem, result)}/stdout`);
  assertEquals(size, 50_000_000);
});
