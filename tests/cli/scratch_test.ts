/**
 * The scratch files of jobs that run one after the other on a small agent.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { MesosProcesses } from "../kit/mesos_processes.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";

const DISK_MIB = 200;

const SCRATCH_MIB = 60;

Deno.test("jobs that write more in sum than an agent has disk never hold more than one's share", async () => {
  await using place = await Workplace.create();
  await Deno.mkdir(place.at("mesos"));
  await using mesos = await MesosProcesses.start({
    directory: place.at("mesos"),
    env: { TMPDIR: place.at("tmp") },
    agents: [{ resources: `cpus:1;mem:1024;disk:${DISK_MIB}` }],
  });
  // As an agent measures it that enforces its disk.
  const command = `head -c ${SCRATCH_MIB}M /dev/zero >scratch; ` +
    `test $(du -sm "$MESOS_SANDBOX" | cut -f 1) -lt ${2 * SCRATCH_MIB}`;
  const job = { command, cores: 0.9, memory: "64Mi", disk: `${SCRATCH_MIB}Mi` };
  const count = Math.ceil(1.5 * DISK_MIB / SCRATCH_MIB);
  const kinds = [job, { ...job, command: `${command} && exit 3` }];
  const jobs = await place.jobs(Array.from({ length: count }, () => kinds).flat());
  const { stdout, stderr } = await place.run([
    ...["scheduler", "--endpoint", mesos.endpoint, "--jobs", jobs],
  ]);
  const statuses = stdout.trim().split("\n").map((line) => JSON.parse(line).exitStatus);
  const expected = [...Array(count).fill(0), ...Array(count).fill(3)];
  assertEquals(statuses.toSorted((a, b) => a - b), expected, stderr);
  await waitFor(() => mesos.executors(0).length === 0, "the executor to end");
});
