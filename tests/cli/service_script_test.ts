/**
 * User scripts that clients of a running scheduler set.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ControlClient } from "../../control/client.ts";
import { freePort } from "../kit/ports.ts";
import { SELF_COMMAND } from "../kit/program.ts";
import { Workplace } from "../kit/workplace.ts";

/** Sets the user script; gives the status and the answer. */
async function setScript(socket: string, path: string): Promise<[number, string]> {
  const proxy = { transport: "unix", path: socket } as const;
  using client = Deno.createHttpClient({ proxy });
  const body = JSON.stringify({ path });
  const url = "http://localhost/v1/user-script";
  const response = await fetch(url, { method: "PUT", client, body });
  return [response.status, await response.text()];
}

Deno.test("a script that a client sets is there for jobs on nodes and for local ones", async () => {
  await using place = await Workplace.create();
  const socket = place.at("s");
  await Deno.writeTextFile(place.at("first.sh"), "echo first\n");
  await Deno.writeTextFile(place.at("second.sh"), "echo second\n");
  // Stands for the compiled program, which is one file.
  const program = place.at("program");
  await Deno.writeTextFile(program, `#!/bin/sh\nexec ${SELF_COMMAND} "$@"\n`, { mode: 0o755 });
  const scheduler = place.start([
    ...["scheduler", "--endpoint=local", "--state=st", `--listen=unix:${socket}`],
    // One port serves the program and all scripts.
    ...["--executor-uri=self", `--advertise=127.0.0.1:${freePort()}`],
  ], { env: { TOIL_MESOS_PROGRAM: program } });
  await scheduler.registered();
  {
    await using client = new ControlClient({ address: { path: socket } });
    for (const name of ["first.sh", "second.sh"]) {
      assertEquals(await setScript(socket, place.at(name)), [200, "{}"]);
    }
    const [status, answer] = await setScript(socket, "second.sh");
    assertEquals(status, 400);
    assertStringIncludes(answer, "must be an absolute path");
    const [missing, why] = await setScript(socket, place.at("none"));
    assertEquals(missing, 400);
    assertStringIncludes(why, "no such file");
    const command = 'sh "$TOIL_MESOS_USER_SCRIPT"';
    const needs = { command, memory: "16Mi", disk: "1Mi" };
    const fetched = `cmp '${program}' "$MESOS_SANDBOX/toil-mesos" && ${command}`;
    const jobIDs = await client.issueJobs([
      { ...needs, command: fetched },
      { ...needs, local: true },
    ]);
    for (const jobID of jobIDs) {
      assertEquals((await client.waitForJob(jobID)).exitReason, "FINISHED");
      const chunks = await Array.fromAsync(client.output(jobID, "stdout"));
      assertEquals(await new Response(ReadableStream.from(chunks)).text(), "second\n");
    }
    const [late, reason] = await setScript(socket, place.at("first.sh"));
    assertEquals(late, 409);
    assert(reason.includes("set it before the first job"), reason);
  }
  scheduler.kill("SIGINT");
  assertEquals((await scheduler.ended).code, 130);
});

Deno.test("the script that a client has set is there after a restart, too", async () => {
  await using place = await Workplace.create();
  const socket = place.at("s");
  await Deno.writeTextFile(place.at("first.sh"), "echo first\n");
  const start = async () => {
    const scheduler = place.start([
      ...["scheduler", "--endpoint=local", "--state=st", `--listen=unix:${socket}`],
    ]);
    await scheduler.registered();
    return scheduler;
  };
  const first = await start();
  assertEquals(await setScript(socket, place.at("first.sh")), [200, "{}"]);
  first.kill("SIGTERM");
  await first.ended;
  const second = await start();
  {
    await using client = new ControlClient({ address: { path: socket } });
    const command = 'sh "$TOIL_MESOS_USER_SCRIPT"';
    const [jobID = 0] = await client.issueJobs([{ command, memory: "16Mi", disk: "1Mi" }]);
    assertEquals((await client.waitForJob(jobID)).exitReason, "FINISHED");
  }
  second.kill("SIGINT");
  await second.ended;
  await Deno.writeTextFile(place.at("st", "user-script.json"), "{");
  const third = await place.run([
    ...["scheduler", "--endpoint=local", "--state=st", `--listen=unix:${socket}`],
  ]);
  assertEquals(third.code, 2);
  assertStringIncludes(third.stderr, "user-script.json: ");
  assertStringIncludes(third.stderr, "; remove it");
});
