/**
 * Processes that are started as leaders of sessions of their own.
 *
 * @module
 */

/** Where util-linux and busybox have the program of that name. */
const SETSID_PATHS = ["/usr/bin/setsid", "/bin/setsid"];

/** Sessions that this process has started and whose leaders have not ended. */
const started = new Set<number>();

let setsidPath: string | false | undefined;

/** Deno's own way forks, which copies the tables of all our memory: 2 to 17 ms, and everything
 * waits. The program is a vfork away. */
function findSetsid(): string | false {
  return setsidPath ??= SETSID_PATHS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? false;
}

/** How a leader is started: with pipes, or without. */
export type LeaderOptions = Omit<Deno.CommandOptions, "args" | "detached">;

/**
 * Starts a program whose process id is the id of its session and group too, as soon as it runs.
 *
 * @param program An absolute path.
 * @param args Its arguments.
 * @throws {Error} when it can't be started.
 */
export function startSessionLeader(
  program: string,
  args: string[],
  options: LeaderOptions,
): Deno.ChildProcess {
  const setsid = findSetsid();
  const command = setsid
    ? new Deno.Command(setsid, { ...options, args: [program, ...args] })
    : new Deno.Command(program, { ...options, args, detached: true });
  const child = command.spawn();
  started.add(child.pid);
  const ended = () => void started.delete(child.pid);
  child.status.then(ended, ended);
  return child;
}

/** Whether a child of this process is a leader that it has started itself. */
export function isStartedByUs(pid: number): boolean {
  return started.has(pid);
}
