/**
 * Processes, whoever started them.
 *
 * @module
 */

/** The words of a file of /proc; none for what is no process any more. */
export function readProcess(pid: number, name: "cmdline" | "environ"): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${name}`).split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** Number and command line. */
export function describeProcess(pid: number): string {
  return `${pid} (${readProcess(pid, "cmdline").join(" ")})`;
}

/** Sends a signal; the process may have ended meanwhile. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether there is such a process, and it has not ended. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
