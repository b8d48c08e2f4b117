import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import type { TaskState, TaskStatus } from "../../mesos/wire/messages.ts";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { uuidOf } from "../master/testing.ts";
import { newTask } from "../protocol/task_status.ts";
import { idleExecutor } from "../testing.ts";
import { CheckpointJournal } from "./checkpoint_journal.ts";
import { FRAMEWORK, taskOf } from "./testing.ts";

const RUN = { frameworkId: "F", executorId: "E", containerId: "C" };
const KEY = { run: RUN, taskId: "1" };
const AGENT = { id: { value: "A" }, hostname: "host", port: 5051 };
const LABELS = { labels: [{ key: "a", value: "b" }] };
const TASK = newTask({ ...taskOf("1"), labels: LABELS }, "F");

function update(state: TaskState, number: number): TaskStatus {
  return { task_id: { value: "1" }, state, uuid: uuidOf(number), data: Uint8Array.of(0, 255) };
}

function written(directory: TemporaryDirectory): CheckpointJournal {
  const checkpoints = new CheckpointJournal(directory.path);
  checkpoints.write({ type: "AGENT", info: AGENT });
  checkpoints.write({ type: "FRAMEWORK", info: FRAMEWORK });
  checkpoints.write({
    type: "EXECUTOR",
    run: RUN,
    info: idleExecutor("E"),
    served: true,
  });
  checkpoints.write({ type: "TASK", run: RUN, task: TASK });
  checkpoints.write({ type: "UPDATE", ...KEY, status: update("TASK_RUNNING", 1) });
  checkpoints.write({ type: "ACKNOWLEDGEMENT", ...KEY, uuid: uuidOf(1) });
  checkpoints.write({ type: "UPDATE", ...KEY, status: update("TASK_FINISHED", 2) });
  return checkpoints;
}

/** What the next run of the agent reads. */
function readBack(directory: TemporaryDirectory) {
  const { state } = new CheckpointJournal(directory.path);
  return { agent: state.agent, frameworks: state.frameworks(() => 42) };
}

const UPDATES = [update("TASK_RUNNING", 1), update("TASK_FINISHED", 2)];

const RECOVERED = {
  run: RUN,
  info: idleExecutor("E"),
  served: true,
  pid: 42,
  tasks: [{ task: TASK, updates: UPDATES, acknowledged: [uuidOf(1)] }],
};

Deno.test("what was written is read by the next run", async () => {
  await using directory = await TemporaryDirectory.create();
  written(directory);
  assertEquals(readBack(directory), {
    agent: AGENT,
    frameworks: [{ info: FRAMEWORK, executors: [RECOVERED] }],
  });
});

Deno.test("nothing is read where nothing was written", async () => {
  await using directory = await TemporaryDirectory.create();
  assertEquals(readBack(directory), { agent: undefined, frameworks: [] });
});

Deno.test("an update that was cut off is dropped, and the next follows those before", async () => {
  await using directory = await TemporaryDirectory.create();
  written(directory);
  const path = join(directory.path, "meta", "checkpoints");
  const content = Deno.readFileSync(path);
  Deno.truncateSync(path, content.length - 10);
  const checkpoints = new CheckpointJournal(directory.path);
  const [framework] = checkpoints.state.frameworks(() => 42);
  assertEquals(framework?.executors[0]?.tasks[0]?.updates, UPDATES.slice(0, 1));
  checkpoints.write({ type: "UPDATE", ...KEY, status: update("TASK_FAILED", 3) });
  assertEquals(readBack(directory).frameworks[0]?.executors[0]?.tasks[0]?.updates, [
    update("TASK_RUNNING", 1),
    update("TASK_FAILED", 3),
  ]);
});

Deno.test("a journal that can't be written is written whole when it can", async () => {
  await using directory = await TemporaryDirectory.create();
  const checkpoints = written(directory);
  const before = readBack(directory);
  const path = join(directory.path, "meta", "checkpoints");
  Deno.removeSync(path);
  Deno.symlinkSync("/dev/full", path);
  assertThrows(() => checkpoints.write({ type: "AGENT", info: AGENT }), Error, "space");
  checkpoints.write({ type: "AGENT", info: AGENT });
  assertEquals(Deno.lstatSync(path).isFile, true);
  assertEquals(readBack(directory), before);
});

Deno.test("a journal does not grow with what is done", async () => {
  await using directory = await TemporaryDirectory.create();
  const checkpoints = written(directory);
  for (let count = 0; count < 6_000; count++) {
    const run = { ...RUN, containerId: `C${count}` };
    checkpoints.write({ type: "EXECUTOR", run, info: idleExecutor("E"), served: true });
    checkpoints.write({ type: "EXECUTOR_DONE", run });
  }
  const text = await Deno.readTextFile(join(directory.path, "meta", "checkpoints"));
  assert(text.split("\n").length < 3_000);
  assertEquals(readBack(directory).frameworks, [{ info: FRAMEWORK, executors: [RECOVERED] }]);
});

Deno.test("a journal that is damaged is named", async () => {
  await using directory = await TemporaryDirectory.create();
  written(directory);
  const path = join(directory.path, "meta", "checkpoints");
  Deno.writeTextFileSync(path, "{}\n", { append: true });
  assertThrows(() => new CheckpointJournal(directory.path), Error, path);
});

Deno.test("what is done is forgotten, step by step", async () => {
  await using directory = await TemporaryDirectory.create();
  const checkpoints = written(directory);
  checkpoints.write({ type: "TASK_DONE", ...KEY });
  assertEquals(readBack(directory).frameworks, [
    { info: FRAMEWORK, executors: [{ ...RECOVERED, tasks: [] }] },
  ]);
  checkpoints.write({ type: "EXECUTOR_DONE", run: RUN });
  assertEquals(readBack(directory).frameworks, [{ info: FRAMEWORK, executors: [] }]);
  checkpoints.write({ type: "FRAMEWORK_DONE", frameworkId: "F" });
  assertEquals(readBack(directory).frameworks, []);
  // Done twice is done.
  checkpoints.write({ type: "FRAMEWORK_DONE", frameworkId: "F" });
});
