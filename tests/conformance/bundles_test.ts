import { assert, assertEquals, assertGreater } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { small, TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

/** Jobs of these demands leave a node only a few slots, so that several share a task. */
async function wide() {
  const agents = (await mesos.agents()).filter(({ preemptible }) => !preemptible);
  const cores = Math.min(...agents.map((agent) => agent.cores));
  return { requirements: small({ cores }), slots: agents.length };
}

/** A batch system that knows jobs of the shape as short. */
async function start(bundleMs: number) {
  const { requirements, slots } = await wide();
  const batchSystem = await TestBatchSystem.start(mesos, { settings: { bundleMs } });
  const issue = (commands: readonly string[]) =>
    batchSystem.issueBatchJobs(commands.map((command) => ({ command, requirements })));
  const first = await issue(Array.from({ length: 6 * slots }, () => "true"));
  await batchSystem.nextResults(first.length);
  return { batchSystem, issue, slots };
}

/** Jobs that wait behind others of their task. */
function queued({ events }: TestBatchSystem): number[] {
  return events.flatMap((event) =>
    event.type === "JOB_LAUNCHED" && event.isQueued ? [event.jobID] : []
  );
}

const OUTCOMES = [
  ["true", 0, "FINISHED"],
  ["exit 3", 3, "FAILED"],
  ["kill -KILL $$", -9, "FAILED"],
  ["echo out; echo err >&2", 0, "FINISHED"],
  ["echo why >&2; exit 4", 4, "FAILED"],
] as const;

Deno.test("short jobs share tasks, and each has its own result, once", async () => {
  const { batchSystem, issue } = await start(1_000);
  await using _ = batchSystem;
  const commands = Array.from({ length: 150 }, (_, i) => OUTCOMES[i % OUTCOMES.length]?.[0] ?? "");
  const jobIDs = await issue(commands);
  const results = await batchSystem.nextResults(jobIDs.length);
  for (const [index, jobID] of jobIDs.entries()) {
    const [command, exitStatus, exitReason] = OUTCOMES[index % OUTCOMES.length] ?? [];
    const result = results.get(jobID);
    assertEquals([result?.exitStatus, result?.exitReason], [exitStatus, exitReason], command);
    assertEquals(result?.taskId.startsWith(`${jobID}-`), true);
    if (exitStatus === 4) assertEquals(result?.message, "why");
  }
  assertGreater(queued(batchSystem).length, jobIDs.length / 4, "jobs that have shared a task");
  assertEquals(await batchSystem.getUpdatedBatchJob(0), null);
});

Deno.test("each job of a bundle has its own environment, directory, output and time limit", async () => {
  const { requirements } = await wide();
  const { batchSystem } = await start(10_000);
  await using _ = batchSystem;
  const logs = batchSystem.at("logs");
  await Deno.mkdir(logs);
  const jobIDs = await batchSystem.issueBatchJobs(Array.from({ length: 30 }, (_, i) => ({
    command: i % 10 === 9
      ? "sleep 1000"
      : `[ "$(ls)" = "$(printf 'stderr\nstdout')" ] && echo "$N $TOIL_MESOS_JOB_ID" >${logs}/$N`,
    requirements: { ...requirements, timeLimitMs: i % 10 === 9 ? 100 : 60_000 },
    jobEnvironment: { N: String(i) },
  })));
  const results = await batchSystem.nextResults(jobIDs.length);
  for (const [index, jobID] of jobIDs.entries()) {
    const { exitReason, message } = results.get(jobID) ?? {};
    assertEquals(exitReason, index % 10 === 9 ? "MAXJOBDURATION" : "FINISHED", message);
    if (exitReason === "FINISHED") {
      assertEquals(await Deno.readTextFile(`${logs}/${index}`), `${index} ${jobID}\n`);
    }
  }
  assertGreater(queued(batchSystem).length, 0);
});

Deno.test("killBatchJobs() ends jobs of a bundle: those that wait in it, and one that runs", async () => {
  const { batchSystem, issue, slots } = await start(600_000);
  await using _ = batchSystem;
  const go = batchSystem.at("go");
  const command = `echo >>${batchSystem.directory}/ran-$TOIL_MESOS_JOB_ID; ` +
    `while ! [ -e ${go} ]; do sleep 0.05; done`;
  const jobIDs = await issue(Array.from({ length: 8 * slots }, () => command));
  await waitFor(() => batchSystem.getRunningBatchJobIDs().size === slots, "a job on every slot");
  const running = [...batchSystem.getRunningBatchJobIDs().keys()];
  const [behind] = queued(batchSystem).filter((jobID) => jobIDs.includes(jobID));
  const [first] = running;
  assert(behind && first && !running.includes(behind));
  assertEquals(await batchSystem.killBatchJobs([behind]), { unconfirmed: [] });
  assertEquals(await batchSystem.killBatchJobs([first]), { unconfirmed: [] });
  assertEquals(batchSystem.processes(first), []);
  await Deno.writeTextFile(go, "");
  const results = await batchSystem.nextResults(jobIDs.length - 2);
  assertEquals([results.has(behind), results.has(first)], [false, false]);
  for (const [jobID, { exitReason }] of results) {
    assertEquals(exitReason, "FINISHED");
    assertEquals(await batchSystem.written(`ran-${jobID}`), "\n", "run exactly once");
  }
  const ran = [...Deno.readDirSync(batchSystem.directory)].map(({ name }) => name);
  assertEquals(ran.includes(`ran-${behind}`), false);
});

Deno.test("jobs that wait behind a long one are given back, and run elsewhere", async () => {
  const { batchSystem, issue, slots } = await start(500);
  await using _ = batchSystem;
  const go = batchSystem.at("go");
  const long = `while ! [ -e ${go} ]; do sleep 0.05; done`;
  // Every slot but one has a long job, or all of them where there is one slot.
  const count = 8 * slots;
  const jobIDs = await issue(
    Array.from({ length: count }, (_, i) => i === 0 ? long : "true"),
  );
  const [longJob = 0] = jobIDs;
  if (slots > 1) {
    const results = await batchSystem.nextResults(count - 1);
    assertEquals(results.has(longJob), false);
  }
  const isGivenBack = () => batchSystem.events.some(({ type }) => type === "JOB_GIVEN_BACK");
  await waitFor(isGivenBack, "jobs to be given back");
  await Deno.writeTextFile(go, "");
  for (
    const { exitReason, attempts } of (await batchSystem.nextResults(slots > 1 ? 1 : count))
      .values()
  ) {
    assertEquals([exitReason, attempts], ["FINISHED", undefined]);
  }
});
