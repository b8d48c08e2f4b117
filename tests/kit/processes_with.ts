/**
 * Looking for processes: what a job started, and what a framework left behind.
 *
 * @module
 */

/** The processes of this machine that have all these variables in their environment. */
export function processesWith(variables: Readonly<Record<string, string>>): number[] {
  const wanted = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const pids = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name));
  return pids.filter((pid) => {
    const environment = environmentOf(pid);
    return wanted.every((entry) => environment.includes(entry));
  });
}

/** Empty for what is no process, any more, or another user's. */
function environmentOf(pid: number): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`).split("\0");
  } catch {
    return [];
  }
}
