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

/** The processes of this machine that have all these variables in their environment. */
export function processesWith(variables: Readonly<Record<string, string>>): number[] {
  const wanted = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return processesWhere((environment) => wanted.every((entry) => environment.includes(entry)));
}

/** Those of them that are executors, without what these have started. */
export function executorsWith(variables: Readonly<Record<string, string>>): number[] {
  return processesWith(variables).filter((pid) =>
    readProcess(pid, "cmdline").at(-1) === "executor"
  );
}

/** The other processes of this machine whose environment fits. */
export function processesWhere(fits: (environment: readonly string[]) => boolean): number[] {
  const pids = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name));
  return pids.filter((pid) => pid > 0 && pid !== Deno.pid && fits(readProcess(pid, "environ")));
}
