import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { InsufficientSystemResources } from "../../scheduler/core/requirements.ts";
import { formatSize, MEBIBYTE } from "../../support/units.ts";
import { waitFor } from "../kit/wait_for.ts";
import { EXECUTOR_MEMORY_BYTES, small, TestBatchSystem } from "../kit/test_batch_system.ts";
import { type Agent, useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

const GIBIBYTE = 1024 * MEBIBYTE;

/** Long, but shorter than anything that is done again after a time. */
const AT_ONCE_MS = 10_000;

Deno.test("a job that asks for more than the maximum is refused, and named", async () => {
  const limits = { maxCores: 2, maxMemory: GIBIBYTE, maxDisk: GIBIBYTE };
  await using batchSystem = await TestBatchSystem.start(mesos, { limits });
  const tooMuch = {
    cores: [{ cores: 2.5 }, 2.5, 2],
    memory: [{ memory: 2 * GIBIBYTE }, 2 * GIBIBYTE, GIBIBYTE],
    disk: [{ disk: 2 * GIBIBYTE }, 2 * GIBIBYTE, GIBIBYTE],
    accelerators: [{ accelerators: [{ kind: "turbo-encabulator", count: 1 }] }, 1, 0],
  } as const;
  for (const [resource, [demand, requested, available]] of Object.entries(tooMuch)) {
    const error = await assertRejects(
      () => batchSystem.issue("true", { jobName: "greedy", ...demand }),
      InsufficientSystemResources,
      "greedy",
    );
    const { jobName } = error;
    assertEquals({ ...error }, { ...error, resource, requested, available, jobName });
  }
  assertEquals(batchSystem.getIssuedBatchJobIDs(), []);
  assertEquals((await batchSystem.run("true", { cores: 0.1, disk: 0 })).exitStatus, 0);
});

Deno.test("a job that no node can hold waits, and the status says why", async () => {
  const agents = (await mesos.agents()).filter(({ preemptible }) => !preemptible);
  const cores = Math.max(...agents.map((agent) => agent.cores));
  const memory = Math.max(...agents.map((agent) => agent.memoryBytes));
  await using batchSystem = await TestBatchSystem.start(mesos);
  assertEquals(batchSystem.getSchedulingStatusMessage(), undefined);

  const wide = await batchSystem.issue("true", { cores: cores + 1 });
  await batchSystem.met(agents);
  const whyWide = batchSystem.getSchedulingStatusMessage() ?? "";
  assertStringIncludes(whyWide, `1 job waits for ${cores + 1} cores, `);
  assertStringIncludes(whyWide, `the largest node offers ${cores} core`);
  await batchSystem.killBatchJobs([wide]);

  const heavy = await batchSystem.issue("true", { memory });
  const whyHeavy = batchSystem.getSchedulingStatusMessage() ?? "";
  const most = formatSize(memory - EXECUTOR_MEMORY_BYTES);
  assertStringIncludes(whyHeavy, `the largest node offers ${most} of memory`);
  // It keeps nobody else from running.
  await batchSystem.issue("true");
  assertEquals((await batchSystem.nextResult()).exitStatus, 0);
  assertEquals(batchSystem.getIssuedBatchJobIDs(), [heavy]);
  await batchSystem.killBatchJobs([heavy]);
  assertEquals(batchSystem.getSchedulingStatusMessage(), undefined);
});

for (const name of ["address", "hostname"] as const) {
  Deno.test(`ignoreNode() keeps jobs from a node, named by its ${name}, until unignoreNode()`, async () => {
    const agents = await mesos.agents();
    const [first] = agents as [Agent];
    await using batchSystem = await TestBatchSystem.start(mesos);
    for (const agent of agents) await batchSystem.ignoreNode(agent[name]);
    const jobID = await batchSystem.issue("true", { preemptible: true });
    await batchSystem.met(agents);
    const isLaunched = () => batchSystem.events.some(({ type }) => type === "JOB_LAUNCHED");
    assert(!isLaunched());
    assertEquals(batchSystem.getIssuedBatchJobIDs(), [jobID]);
    assertStringIncludes(batchSystem.getSchedulingStatusMessage() ?? "", "ignored");

    await batchSystem.unignoreNode(first[name]);
    await waitFor(isLaunched, "the launch", AT_ONCE_MS);
    const { node, exitStatus } = await batchSystem.nextResult();
    assertEquals([node, exitStatus], [first.address, 0]);
    await batchSystem.unignoreNode(first[name]);
  });
}

Deno.test("jobs on an ignored node go on", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const { directory } = batchSystem;
  const command = `echo >${directory}/ready; while ! [ -e ${directory}/go ]; do sleep 0.02; done`;
  const jobID = await batchSystem.issue(command);
  await batchSystem.written("ready");
  for (const { address } of await mesos.agents()) await batchSystem.ignoreNode(address);
  await Deno.writeTextFile(batchSystem.at("go"), "");
  const result = await batchSystem.nextResult();
  assertEquals([result.jobID, result.exitStatus], [jobID, 0]);
});

Deno.test("only jobs that may be interrupted run on nodes that can be taken away", async () => {
  const agents = await mesos.agents();
  await using batchSystem = await TestBatchSystem.start(mesos);
  for (let job = 0; job < 12; job++) await batchSystem.issue("true");
  const lasting = agents.filter(({ preemptible }) => !preemptible).map(({ address }) => address);
  for (const { node } of (await batchSystem.nextResults(12)).values()) {
    assert(lasting.includes(node));
  }

  for (const { address } of agents) await batchSystem.ignoreNode(address);
  for (const { address } of agents) {
    await batchSystem.unignoreNode(address);
    const { node } = await batchSystem.run("true", { preemptible: true });
    assertEquals(node, address);
    await batchSystem.ignoreNode(address);
  }
});

Deno.test("500 short jobs of five shapes are each reported once, with their own status", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const shapes = [
    { cores: 0.1 },
    { cores: 0.2 },
    { cores: 0.25, memory: 64 * MEBIBYTE },
    { disk: 0 },
    { preemptible: true },
  ];
  const jobs = Array.from({ length: 500 }, (_, index) => ({
    command: `exit ${index % 7}`,
    requirements: small(shapes[index % shapes.length]),
  }));
  const jobIDs = await batchSystem.issueBatchJobs(jobs);
  assertEquals(new Set(jobIDs).size, 500);
  const results = await batchSystem.nextResults(500);
  jobIDs.forEach((jobID, index) => assertEquals(results.get(jobID)?.exitStatus, index % 7));
  assertEquals(await batchSystem.getUpdatedBatchJob(0), null);
  assertEquals(batchSystem.getIssuedBatchJobIDs(), []);
});
