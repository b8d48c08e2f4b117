import { assertEquals } from "@std/assert";
import type { WorkerCleanupInfo } from "../job/task_data.ts";
import { WorkerCleanup } from "./node_cleanup.ts";
import { workflowDirectoryName } from "../job/workflow_directories.ts";

const NODE_ID = "0123456789abcdef0123456789abcdef";
const NAME = await workflowDirectoryName(NODE_ID, "w");

function cleanup(): WorkerCleanup {
  return new WorkerCleanup((path) => path.endsWith("machine-id") ? NODE_ID : undefined);
}

/** Makes these directories, cleans up, and gives the names of what is left. */
async function leftAfter(
  cleanWorkDir: WorkerCleanupInfo["cleanWorkDir"],
  directories: string[],
): Promise<string[]> {
  const root = await Deno.makeTempDir();
  try {
    for (const name of ["work", "locks", ...directories]) {
      await Deno.mkdir(`${root}/${name}`, { recursive: true });
    }
    const worker = cleanup();
    worker.note({ workflowID: "w", cleanWorkDir }, {
      TOIL_WORKDIR: `${root}/work`,
      TOIL_COORDINATION_DIR: `${root}/locks`,
    });
    await worker.run();
    const left = [];
    for (const base of ["work", "locks"]) {
      for await (const { name } of Deno.readDir(`${root}/${base}`)) left.push(`${base}/${name}`);
    }
    return left;
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const WORK = `work/${NAME}`;
const LOCKS = `locks/${NAME}`;

for (const when of ["always", "onSuccess", "onError"] as const) {
  Deno.test(`WorkerCleanup.run() removes what is empty but for the cache: ${when}`, async () => {
    assertEquals(await leftAfter(when, [WORK, `${LOCKS}/deferred`]), []);
    assertEquals(await leftAfter(when, [`${WORK}/cache-w/x`, LOCKS]), []);
  });
}

Deno.test("WorkerCleanup.run() keeps what jobs were told to keep", async () => {
  assertEquals(await leftAfter("never", [WORK, LOCKS]), [WORK, LOCKS]);
  assertEquals(await leftAfter("onError", [`${WORK}/job`, LOCKS]), [WORK]);
  assertEquals(await leftAfter("onSuccess", [`${WORK}/job`, LOCKS]), [WORK]);
});

Deno.test("WorkerCleanup.run() removes what killed jobs left: always", async () => {
  assertEquals(await leftAfter("always", [`${WORK}/job`, LOCKS]), []);
});

Deno.test("WorkerCleanup.run() touches nothing else", async () => {
  const others = ["work/toilwf-0", "work/data", "locks/toilwf-0"];
  assertEquals((await leftAfter("always", [WORK, ...others])).sort(), others.sort());
  assertEquals(await leftAfter("always", []), []);
});

Deno.test("WorkerCleanup.run() leaves everything to workers that are alive", async () => {
  const root = await Deno.makeTempDir();
  try {
    const members = `${root}/${NAME}-cleanup-arena-members`;
    await Deno.mkdir(`${root}/${NAME}`);
    await Deno.mkdir(members);
    const worker = cleanup();
    const environment = { TOIL_WORKDIR: root, TOIL_COORDINATION_DIR: root };
    worker.note({ workflowID: "w", cleanWorkDir: "always" }, environment);
    await Deno.writeTextFile(`${members}/dead`, "");
    {
      using alive = await Deno.create(`${members}/alive`);
      await alive.lock(true);
      await worker.run();
      assertEquals((await Deno.stat(`${root}/${NAME}`)).isDirectory, true);
    }
    await worker.run();
    assertEquals(await Array.fromAsync(Deno.readDir(root)), []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("WorkerCleanup.run() does not follow links", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/precious`);
    await Deno.symlink(`${root}/precious`, `${root}/${NAME}`);
    const worker = cleanup();
    const environment = { TOIL_WORKDIR: root, TOIL_COORDINATION_DIR: root };
    worker.note({ workflowID: "w", cleanWorkDir: "always" }, environment);
    await worker.run();
    assertEquals((await Deno.stat(`${root}/precious`)).isDirectory, true);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("WorkerCleanup takes the first job's word, and needs none", async () => {
  const root = await Deno.makeTempDir();
  try {
    await cleanup().run();
    await Deno.mkdir(`${root}/${NAME}`);
    const environment = { TOIL_WORKDIR: root, TOIL_COORDINATION_DIR: root };
    const worker = cleanup();
    worker.note({ workflowID: "w", cleanWorkDir: "never" }, environment);
    worker.note({ workflowID: "w", cleanWorkDir: "always" }, environment);
    await worker.run();
    assertEquals((await Deno.stat(`${root}/${NAME}`)).isDirectory, true);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("WorkerCleanup.run() never rejects", async () => {
  const worker = new WorkerCleanup(() => undefined);
  worker.note({ workflowID: "w", cleanWorkDir: "always" }, { TOIL_WORKDIR: "/no/such" });
  await worker.run();
});

Deno.test("WorkerCleanup.run() removes the directory in which jobs worked, once it is empty", async () => {
  const workDir = await Deno.makeTempDir();
  try {
    const worker = cleanup();
    worker.note({ workflowID: "w", cleanWorkDir: "never", workDir }, {});
    await Deno.mkdir(`${workDir}/w/1-1`, { recursive: true });
    await worker.run();
    assertEquals([...Deno.readDirSync(`${workDir}/w`)].map(({ name }) => name), ["1-1"]);
    await Deno.remove(`${workDir}/w/1-1`);
    await worker.run();
    assertEquals([...Deno.readDirSync(workDir)], []);
  } finally {
    await Deno.remove(workDir, { recursive: true });
  }
});
