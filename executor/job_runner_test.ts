import { assertEquals } from "@std/assert";
import { ProcessOwner } from "../process/process_owner.ts";
import { GpuPool } from "./gpu_pool.ts";
import { JobRunner } from "./job_runner.ts";
import { JobMemory } from "./job_memory.ts";
import { MemoryCgroup } from "./memory_cgroup.ts";
import { FakeDeployment } from "./testing.ts";
import { WorkerCleanup } from "./node_cleanup.ts";

/** Runs a command where the kernel's count of processes killed for want of memory is in a file. */
async function outcomeOf(command: string) {
  const sandboxDirectory = await Deno.makeTempDir();
  const counter = `${sandboxDirectory}/oom_kill`;
  await Deno.writeTextFile(counter, "oom_kill 4\n");
  const processes = new ProcessOwner();
  const memory = new MemoryCgroup((path) =>
    path === "/proc/self/cgroup"
      ? "0::/\n"
      : path.endsWith("memory.events")
      ? Deno.readTextFileSync(counter)
      : undefined
  );
  const runner = new JobRunner({
    environment: { PATH: Deno.env.get("PATH") ?? "", COUNTER: counter },
    sandboxDirectory,
    resourceDirectory: `${sandboxDirectory}/resources`,
    processes,
    deployment: new FakeDeployment(sandboxDirectory),
    gpus: new GpuPool(),
    workerCleanup: new WorkerCleanup(() => undefined),
    memory,
    jobMemory: new JobMemory(memory),
  });
  try {
    const data = { jobID: 1, command, environment: {} };
    const job = runner.spawn(await runner.prepare("task", data), {
      killGraceMs: 0,
      memoryBytes: undefined,
    });
    return (await job.ended).outcome;
  } finally {
    await processes.close();
    await Deno.remove(sandboxDirectory, { recursive: true });
  }
}

const RISE = "echo 'oom_kill 5' >$COUNTER;";
const cases: [string, string, number, boolean | undefined][] = [
  ["that the kernel killed for want of memory", `${RISE} kill -KILL $$`, -9, true],
  ["whose child the kernel killed", `${RISE} sh -c 'kill -KILL $$'; exit $?`, 137, true],
  ["that someone else killed", "kill -KILL $$", -9, false],
  ["that failed while another ran out of memory", `${RISE} exit 1`, 1, false],
  ["that went well while another ran out of memory", `${RISE} exit 0`, 0, undefined],
];

for (const [what, command, status, exceeded] of cases) {
  Deno.test(`JobRunner tells the memory limit from other ends: a job ${what}`, async () => {
    const { exitStatus, memoryLimitExceeded } = await outcomeOf(command);
    assertEquals([exitStatus, memoryLimitExceeded], [status, exceeded]);
  });
}
