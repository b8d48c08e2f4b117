import { assertEquals } from "@std/assert";
import { ProcessOwner } from "../../process/process_owner.ts";
import { MEBIBYTE } from "../../support/units.ts";
import { testUnless } from "../kit/test_unless.ts";
import { waitFor } from "../kit/wait_for.ts";
import { JobMemory, mostExcessive, reserveBytes } from "../../executor/job_memory.ts";
import { MemoryCgroup } from "../../executor/memory_cgroup.ts";

const MEMORY_HIERARCHY = "/sys/fs/cgroup/memory";
const PATH = Deno.env.get("PATH") ?? "/usr/bin:/bin";

/** Holds so many MiB, and says so in a file. */
function holding(mebibytes: number, name: string): string {
  return `{ head -c ${mebibytes}M /dev/zero; echo >${name}; sleep 600; } | tail -c ${mebibytes}M`;
}

Deno.test("mostExcessive() is the job that exceeds its request the most, if any does", () => {
  const excesses = (...amounts: number[]) => amounts.map((excessBytes) => ({ excessBytes }));
  assertEquals(mostExcessive(excesses(1, 3, 2))?.excessBytes, 3);
  assertEquals(mostExcessive(excesses(-1, 0)), undefined);
  assertEquals(mostExcessive([]), undefined);
});

Deno.test("reserveBytes() is a share of the limit, within bounds", () => {
  const reserves = [10, 1_000, 100_000].map((limit) => reserveBytes(limit * MEBIBYTE) / MEBIBYTE);
  assertEquals(reserves, [8, 50, 128]);
});

Deno.test("JobMemory ends the job that exceeds its request the most, by its process tree", async () => {
  const directory = await Deno.makeTempDir();
  const processes = new ProcessOwner();
  let used = 0;
  const memory = new MemoryCgroup((path) =>
    path === "/proc/self/cgroup"
      ? "4:memory:/no/such/group\n"
      : path.endsWith("/no/such/group/memory.limit_in_bytes")
      ? String(1_000 * MEBIBYTE)
      : path.endsWith("/no/such/group/memory.usage_in_bytes")
      ? String(used)
      : undefined
  );
  const jobMemory = new JobMemory(memory);
  const ended: string[] = [];
  // The largest of all is within its request.
  const jobs: [string, number, number][] = [["large", 60, 100], ["over", 30, 8], ["most", 50, 8]];
  try {
    const unwatch = jobs.map(([name, holds, requests]) => {
      const { pid, mark } = processes.start({
        command: holding(holds, name),
        directory,
        environment: { PATH },
        standardOutputPath: "/dev/null",
        standardErrorPath: "/dev/null",
      });
      assertEquals(jobMemory.makeCgroup(name), undefined);
      const requestedBytes = requests * MEBIBYTE;
      const exceed = () => void ended.push(name);
      return jobMemory.watch({ requestedBytes, cgroup: undefined, pid, mark, exceed });
    });
    for (const [name] of jobs) {
      await waitFor(() => Deno.stat(`${directory}/${name}`).catch(() => undefined), name);
    }
    assertEquals(ended, []);
    used = 960 * MEBIBYTE;
    await waitFor(() => ended.length > 0, "the end of a job");
    assertEquals(ended, ["most"]);
    unwatch[2]?.();
    await waitFor(() => ended.length > 1, "the end of another");
    assertEquals(ended, ["most", "over"]);
    unwatch.forEach((stop) => stop());
  } finally {
    await processes.close();
    await Deno.remove(directory, { recursive: true });
  }
});

/** Whether this system lets us make groups of version 1, as agents with cgroups/mem do. */
function canMakeGroups(): boolean {
  const directory = `${MEMORY_HIERARCHY}/toil-mesos-test-${crypto.randomUUID()}`;
  try {
    Deno.mkdirSync(directory);
    Deno.removeSync(directory);
    return true;
  } catch {
    return false;
  }
}

/** Runs an executor with these jobs in a group with so much memory; gives how they ended, and how
 * often the group was full. */
async function runLimited(
  limitMebibytes: number,
  jobs: Record<string, { command: string; mem: number }>,
): Promise<{ ends: Record<string, unknown>; fullCount: number }> {
  const group = `${MEMORY_HIERARCHY}/toil-mesos-test-${crypto.randomUUID()}`;
  const directory = await Deno.makeTempDir();
  const program = `
    import { TestExecutor } from "${import.meta.resolve("../../executor/testing.ts")}";
    const jobs = ${JSON.stringify(jobs)};
    const executor = new TestExecutor();
    for (const [taskId, { command, mem }] of Object.entries(jobs)) {
      const resources = [{ name: "mem", type: "SCALAR", scalar: { value: mem } }];
      executor.launch(taskId, { jobID: Object.keys(jobs).indexOf(taskId), command }, { resources });
    }
    const ends = {};
    for (const taskId of Object.keys(jobs)) {
      const { exitStatus, memoryLimitExceeded } = await executor.driver.ended(taskId);
      ends[taskId] = [exitStatus, memoryLimitExceeded];
    }
    await executor[Symbol.asyncDispose]();
    await Deno.writeTextFile("${directory}/ends", JSON.stringify(ends));`;
  await Deno.mkdir(group);
  try {
    await Deno.writeTextFile(`${group}/memory.limit_in_bytes`, String(limitMebibytes * MEBIBYTE));
    await Deno.writeTextFile(`${directory}/program.ts`, program);
    const words = [Deno.execPath(), "run", "-A", `--config=${Deno.cwd()}/deno.json`];
    const script = 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"';
    const { code } = await new Deno.Command("sh", {
      args: ["-c", script, "sh", group, ...words, `${directory}/program.ts`],
    }).output();
    assertEquals(code, 0);
    const ends = JSON.parse(await Deno.readTextFile(`${directory}/ends`));
    return { ends, fullCount: parseInt(await Deno.readTextFile(`${group}/memory.failcnt`)) };
  } finally {
    // No group of a job is left in it.
    await Deno.remove(group);
    await Deno.remove(directory, { recursive: true });
  }
}

const OBSTACLE = canMakeGroups() ? undefined : "no cgroups of version 1 can be made here";

const MODEST = { command: "sleep 3; exit 7", mem: 64 };

testUnless(
  OBSTACLE,
  "a job that grows beyond its request is ended alone, before its container is full",
  async () => {
    const grow = "for i in $(seq 2000); do head -c 1M /dev/zero; done | tail -c 2000M; exit $?";
    const { ends } = await runLimited(600, { hog: { command: grow, mem: 32 }, modest: MODEST });
    assertEquals((ends["hog"] as unknown[])[1], true);
    assertEquals(ends["modest"], [7, false]);
  },
);

testUnless(OBSTACLE, "a job that takes all memory at once is ended alone", async () => {
  const burst = "head -c 1500M /dev/zero | tail -c 1500M; exit $?";
  const { ends } = await runLimited(600, { modest: MODEST, burst: { command: burst, mem: 32 } });
  assertEquals(ends["modest"], [7, false]);
  assertEquals((ends["burst"] as unknown[])[1], true);
});

testUnless(OBSTACLE, "jobs that take all memory at the same time are ended alone", async () => {
  // Each waits for the others, and grows as fast as it can.
  const meet = `touch ../../$TOIL_MESOS_JOB_ID; while ! test -e ../../1 -a -e ../../2; do :; done`;
  const command = `${meet}; dd if=/dev/zero of=/dev/null bs=1500M count=1; exit $?`;
  const greedy = { command, mem: 32 };
  const { ends, fullCount } = await runLimited(600, { modest: MODEST, a: greedy, b: greedy });
  assertEquals(ends["modest"], [7, false]);
  assertEquals(["a", "b"].map((name) => (ends[name] as unknown[])[1]), [true, true]);
  assertEquals(fullCount, 0, "the limit of the container was never reached");
});
