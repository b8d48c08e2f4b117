import { assertEquals, assertMatch } from "@std/assert";
import { findCredential } from "../../setup/cluster_secret.ts";
import { TestBatchSystem } from "../kit/test_batch_system.ts";
import { readProcess } from "../kit/processes.ts";
import { waitFor } from "../kit/wait_for.ts";
import { type Running, Workplace } from "../kit/workplace.ts";

/** Longer than an agent's own default, and than every margin. */
const GRACE = "12s";
const GRACE_MS = 12_000;
const SAVING_SECONDS = 10;

const SMALL = { cores: 0.25, memory: "16Mi", disk: "1Mi" };

/** A job that saves its work when it is asked to end. */
function saving(place: Workplace, name: string): string {
  const save = `sleep ${SAVING_SECONDS}; echo >${place.at(`${name}.saved`)}; exit 0`;
  return `trap '${save}' TERM; echo >${place.at(name)}; while :; do sleep 0.1; done`;
}

function isThere(place: Workplace, name: string): boolean {
  try {
    return Deno.statSync(place.at(name)).isFile;
  } catch {
    return false;
  }
}

function begun(place: Workplace, ...names: string[]): Promise<unknown> {
  return Promise.all(names.map((name) => waitFor(() => isThere(place, name), `${name} to run`)));
}

function assertSaved(place: Workplace, ...names: string[]): void {
  for (const name of names) assertEquals([name, isThere(place, `${name}.saved`)], [name, true]);
}

async function startCluster(place: Workplace): Promise<{ cluster: Running; endpoint: string }> {
  const cluster = place.start(["cluster", "--port=0", "--resources=cpus:1;mem:1024;disk:1024"]);
  const [, endpoint = ""] = await waitFor(
    () => /^Mesos is at (\S+) with 1 agent\n/.exec(cluster.stdout),
    "the cluster",
  );
  return { cluster, endpoint };
}

async function ctrlC(endpoint?: string): Promise<void> {
  await using place = await Workplace.create();
  const started = endpoint ? undefined : await startCluster(place);
  const jobs = await place.jobs([
    { ...SMALL, command: saving(place, "remote") },
    { ...SMALL, command: saving(place, "local"), local: true },
  ]);
  const program = place.start([
    ...["scheduler", "--endpoint", endpoint ?? started?.endpoint ?? "", "--jobs", jobs],
    ...["--kill-grace", GRACE],
  ]);
  await begun(place, "remote", "local");
  const beforeMs = performance.now();
  program.kill("SIGINT");
  const { code, stderr } = await program.ended;
  const elapsedSeconds = (performance.now() - beforeMs) / 1000;
  // It is said once the jobs have ended, and how long that took is in it.
  assertSaved(place, "remote", "local");
  assertEquals(code, 130);
  const [, seconds = ""] = /2 killed in ([\d.]+) s\n$/.exec(stderr) ?? [];
  assertMatch(stderr, /\n2 jobs: 0 finished, 0 failed, 0 lost, 2 killed in /);
  assertEquals(Number(seconds) > SAVING_SECONDS && elapsedSeconds > SAVING_SECONDS, true, seconds);
  started?.cluster.kill("SIGINT");
  await started?.cluster.ended;
}

/** An agent that ends sends SHUTDOWN; a signal to the executor means the same. */
async function shutDown(who: "cluster" | "executor"): Promise<void> {
  await using place = await Workplace.create();
  const { cluster, endpoint } = await startCluster(place);
  const jobs = await place.jobs([{ ...SMALL, command: saving(place, "job") }]);
  const program = place.start([
    ...["scheduler", "--endpoint", endpoint, "--jobs", jobs, "--kill-grace", GRACE],
  ]);
  await begun(place, "job");
  if (who === "executor") Deno.kill(executorOf(place), "SIGTERM");
  else cluster.kill("SIGINT");
  await waitFor(() => isThere(place, "job.saved"), "the job to save its work");
  if (who === "executor") cluster.kill("SIGINT");
  await cluster.ended;
  program.kill("SIGINT");
  await program.ended;
}

function executorOf(place: Workplace): number {
  const pid = place.processes().find((each) => readProcess(each, "cmdline").at(-1) === "executor");
  if (pid === undefined) throw new Error("Cannot find the executor");
  return pid;
}

async function killed(): Promise<void> {
  await using place = await Workplace.create();
  const { cluster, endpoint } = await startCluster(place);
  {
    const environment = { XDG_RUNTIME_DIR: place.at("run") };
    const credential = findCredential(Number(endpoint.split(":").at(-1)), { environment });
    await using batchSystem = await TestBatchSystem.start(
      { endpoint, credential },
      { settings: { killGraceMs: GRACE_MS } },
    );
    const jobID = await batchSystem.issue(saving(place, "job"));
    await begun(place, "job");
    assertEquals(await batchSystem.killBatchJobs([jobID]), { unconfirmed: [] });
    assertSaved(place, "job");
  }
  cluster.kill("SIGINT");
  await cluster.ended;
}

const PATHS: Readonly<Record<string, () => Promise<void>>> = {
  "Ctrl-C, on an embedded Mesos": () => ctrlC("local"),
  "Ctrl-C": () => ctrlC(),
  "the end of the agent": () => shutDown("cluster"),
  "SIGTERM to the executor": () => shutDown("executor"),
  KILL: killed,
};

// All at the same time: most of it is waiting for jobs that save their work.
Deno.test("the kill grace is kept on every path", async () => {
  const failures = await Promise.all(
    Object.entries(PATHS).map(([path, run]) =>
      run().then(() => [], (error: Error) => [new Error(`on ${path}`, { cause: error })])
    ),
  );
  if (failures.flat().length > 0) throw new AggregateError(failures.flat());
});
