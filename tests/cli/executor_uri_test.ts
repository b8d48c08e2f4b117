/**
 * The program where agents fetch it from the scheduler.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { MesosProcesses } from "../kit/mesos_processes.ts";
import { freePort } from "../kit/ports.ts";
import { SELF_COMMAND } from "../kit/program.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";

/** The files that the fetcher of an agent keeps. */
function cachedFiles(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) =>
    isDirectory ? cachedFiles(`${directory}/${name}`) : [name]
  );
}

Deno.test("--executor-uri self: an agent fetches the program once for the executors of two runs", async () => {
  await using place = await Workplace.create();
  const program = place.at("program");
  await Deno.writeTextFile(program, `#!/bin/sh\nexec ${SELF_COMMAND} "$@"\n`, { mode: 0o755 });
  await Deno.mkdir(place.at("mesos"));
  await using mesos = await MesosProcesses.start({
    directory: place.at("mesos"),
    env: { TMPDIR: place.at("tmp") },
  });
  // A cache knows a file by its URL.
  const address = `127.0.0.1:${freePort()}`;
  // The executor that runs the first attempt of a run dies.
  const command = 'test -e "$DIED" || { touch "$DIED"; kill -9 $PPID; sleep 600; }; ' +
    `cmp '${program}' "$MESOS_SANDBOX/toil-mesos" && echo $PPID >>'${place.at("executors")}'`;
  for (const run of ["first", "second"]) {
    const jobs = await place.jobs([{ command, retries: 1, environment: { DIED: place.at(run) } }]);
    const { code, stderr } = await place.run([
      ...["scheduler", "--endpoint", mesos.endpoint, "--jobs", jobs],
      ...["--executor-uri=self", `--advertise=${address}`],
    ], { env: { TOIL_MESOS_PROGRAM: program } });
    assertEquals(code, 0, stderr);
  }
  const executors = (await Deno.readTextFile(place.at("executors"))).trim().split("\n");
  assertEquals(new Set(executors).size, 2);
  assertEquals(cachedFiles(place.at("mesos", "agent-0", "fetch")).length, 1);
  await waitFor(() => mesos.executors(0).length === 0, "the executors to end");
});
