import { assertEquals } from "@std/assert";
import { exitStatusOf, sendSignal } from "./signals.ts";

function shell(command: string): Deno.ChildProcess {
  return new Deno.Command("/bin/sh", { args: ["-c", command], stderr: "null" }).spawn();
}

Deno.test("exitStatusOf() gives exit codes as they are", async () => {
  for (const code of [0, 1, 33, 76, 137, 255]) {
    assertEquals(await exitStatusOf(shell(`exit ${code}`)), code);
  }
});

Deno.test("exitStatusOf() gives a signal as minus its number", async () => {
  const signals = { HUP: 1, ABRT: 6, KILL: 9, SEGV: 11, PIPE: 13, TERM: 15, XCPU: 24, SYS: 31 };
  for (const [name, number] of Object.entries(signals)) {
    assertEquals(await exitStatusOf(shell(`kill -${name} $$`)), -number, name);
  }
});

Deno.test("exitStatusOf() knows realtime signals", async () => {
  // In a process of its own, as Deno never closes the handle of such a child.
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", REALTIME_PROGRAM],
  }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "-34,-64");
});

const REALTIME_PROGRAM = `
  import { exitStatusOf } from "${import.meta.resolve("./signals.ts")}";
  const statuses = [34, 64].map((signal) =>
    exitStatusOf(new Deno.Command("/bin/sh", { args: ["-c", "kill -" + signal + " $$"] }).spawn()));
  console.log(String(await Promise.all(statuses)));`;

Deno.test("sendSignal() says whether there was anyone", async () => {
  const child = new Deno.Command("cat", { stdin: "piped", detached: true }).spawn();
  assertEquals(sendSignal(child.pid, "SIGCONT"), true);
  assertEquals(sendSignal(-child.pid, "SIGKILL"), true);
  assertEquals(await exitStatusOf(child), -9);
  await child.stdin.close().catch(() => {});
  assertEquals(sendSignal(child.pid, "SIGKILL"), false);
  assertEquals(sendSignal(-child.pid, "SIGKILL"), false);
});
