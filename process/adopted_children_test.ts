import { assert, assertEquals } from "@std/assert";
import { ZombieReaper } from "./adopted_children.ts";
import { openStarter } from "./direct_starter.ts";
import { zombieSession } from "./process_table.ts";
import { startSessionLeader } from "./session_leader.ts";

const PIPES = { stdin: "null", stdout: "null", stderr: "null" } as const;

/** Waits without giving Deno a chance to see it: an executor that is throttled is as slow. */
function waitForZombie(pid: number): void {
  const giveUpMs = performance.now() + 10_000;
  const nap = new Int32Array(new SharedArrayBuffer(4));
  while (zombieSession(pid) === undefined && performance.now() < giveUpMs) {
    Atomics.wait(nap, 0, 0, 5);
  }
  assert(zombieSession(pid) !== undefined, `process ${pid} has not ended`);
}

Deno.test("ZombieReaper leaves the statuses of its own children alone, however slow Deno is", async () => {
  using reaper = ZombieReaper.start({ adopt: false });
  using starter = openStarter();
  assert(reaper);
  const leader = startSessionLeader("/bin/sh", ["-c", "exit 7"], PIPES);
  const other = new Deno.Command("/bin/sh", { args: ["-c", "exit 8"], ...PIPES }).spawn();
  const command = starter.start({
    command: "exit 9",
    directory: "/",
    environment: {},
    standardOutputPath: "/dev/null",
    standardErrorPath: "/dev/null",
  });
  waitForZombie(command.pid);
  waitForZombie(leader.pid);
  waitForZombie(other.pid);
  for (let round = 0; round < 3; round++) reaper.reap();
  assertEquals((await leader.status).code, 7);
  assertEquals((await other.status).code, 8);
  assertEquals(await command.exitStatus, 9);
});
