import { createHash } from "node:crypto";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { localAddressTowards } from "../../setup/local_address.ts";
import { Resource } from "../../resource/resource.ts";
import { TemporaryDirectory, writeTree } from "../../resource/testing.ts";
import { CountingStore } from "../kit/counting_store.ts";
import { small, TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

async function openStore(): Promise<CountingStore> {
  return new CountingStore(await localAddressTowards(mesos.endpoint));
}

Deno.test("a file is on the node of every job that was issued after setUserScript()", async () => {
  await using local = await TemporaryDirectory.create();
  await writeTree(local.path, { "count.sh": "executable:#!/bin/sh\nexit $(($1 + 1))\n" });
  await using store = await openStore();
  await using batchSystem = await TestBatchSystem.start(mesos);
  await batchSystem.setUserScript(await Resource.create(store, local.at("count.sh")));
  assertEquals((await batchSystem.run('"$TOIL_MESOS_USER_SCRIPT" 6')).exitStatus, 7);
  assertEquals((await batchSystem.run('sh "$TOIL_MESOS_USER_SCRIPT" 7')).exitStatus, 8);
});

Deno.test("a directory is fetched once a node, and is as it was, for many jobs at a time", async () => {
  await using local = await TemporaryDirectory.create();
  await writeTree(local.path, {
    "scripts/bin": "directory",
    "scripts/data": "directory",
    "scripts/bin/count": 'executable:#!/bin/sh\nexit $(cat "$1")\n',
    "scripts/link": "link:bin/count",
    "scripts/data/基因.txt": "file:23",
  });
  await using store = await openStore();
  await using batchSystem = await TestBatchSystem.start(mesos);
  await batchSystem.setUserScript(await Resource.create(store, local.at("scripts")));
  const command = 'cd "$TOIL_MESOS_USER_SCRIPT" && ./link data/基因.txt';
  await batchSystem.issueBatchJobs(
    Array.from({ length: 20 }, () => ({ command, requirements: small() })),
  );
  const results = [...(await batchSystem.nextResults(20)).values()];
  assertEquals(results.map(({ exitStatus }) => exitStatus), Array(20).fill(23));
  assertEquals(store.fetches, new Set(results.map(({ node }) => node)).size);
});

Deno.test("a user script is registered as Toil's workers look for it", async () => {
  await using local = await TemporaryDirectory.create();
  await writeTree(local.path, { "scripts": "directory", "scripts/a.py": "file:pass\n" });
  await using store = await openStore();
  await using batchSystem = await TestBatchSystem.start(mesos);
  const script = await Resource.create(store, local.at("scripts"));
  await batchSystem.setUserScript(script);
  const hash = createHash("md5").update(local.at("scripts")).digest("hex");
  const command = `printf %s "$JTRES_${hash}" >${batchSystem.at("pickled")}`;
  assertEquals((await batchSystem.run(command)).exitStatus, 0);
  assertEquals(await batchSystem.written("pickled"), script.pickle());
  await assertRejects(() => batchSystem.setUserScript(script), Error, "jobs were issued already");
});

Deno.test("jobs whose user script can't be had end, and say why", async () => {
  await using local = await TemporaryDirectory.create();
  await writeTree(local.path, { "count.sh": "file:exit 0\n" });
  await using store = await openStore();
  await using batchSystem = await TestBatchSystem.start(mesos);
  const script = await Resource.create(store, local.at("count.sh"));
  await store.writeSharedFileStream(script.pathHash, ReadableStream.from([new Uint8Array(12)]));
  await batchSystem.setUserScript(script);
  const { exitReason, exitStatus, message } = await batchSystem.run("true");
  assertEquals([exitReason, exitStatus], ["FAILED", 255]);
  assertStringIncludes(message, "Cannot download user script");
});
