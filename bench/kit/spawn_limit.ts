/**
 * How fast this machine can run `sh -c true` at all.
 *
 * @module
 */

import { cpuTimeOf } from "./cpu_time.ts";

/** What was measured. */
export interface SpawnLimit {
  readonly jobsPerSecond: number;
  /** CPU time of one, with that of who starts it, in milliseconds. */
  readonly cpuMs: number;
}

/** Runs processes, up to a number at a time. */
export async function measureSpawnLimit(
  { parallelism, durationMs }: { parallelism: number; durationMs: number },
): Promise<SpawnLimit> {
  const [start, startCpuMs] = [performance.now(), allCpuMs()];
  let spawned = 0;
  const worker = async () => {
    while (performance.now() - start < durationMs) {
      const command = new Deno.Command("/bin/sh", {
        args: ["-c", "true"],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      });
      await command.spawn().status;
      spawned++;
    }
  };
  await Promise.all(Array.from({ length: parallelism }, worker));
  return {
    jobsPerSecond: spawned / ((performance.now() - start) / 1000),
    cpuMs: (allCpuMs() - startCpuMs) / spawned,
  };
}

function allCpuMs(): number {
  const { ownMs, childrenMs } = cpuTimeOf(Deno.pid);
  return ownMs + childrenMs;
}
