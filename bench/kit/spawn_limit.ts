/**
 * How fast this machine can run `sh -c true` at all.
 *
 * @module
 */

/** Processes a second, with so many at a time. */
export async function measureSpawnLimit(
  { parallelism, durationMs }: { parallelism: number; durationMs: number },
): Promise<number> {
  const start = performance.now();
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
  return spawned / ((performance.now() - start) / 1000);
}
