/**
 * Starts processes as session leaders.
 *
 * @module
 */

/** The paths of `setsid` in util-linux and busybox. */
const SETSID_PATHS = ["/usr/bin/setsid", "/bin/setsid"];

/** Sessions that this process started and whose leaders still run. */
const started = new Set<number>();

/** Sessions of helpers, whose processes descend from no command. */
const helperSessions = new Set<number>();

let setsidPath: string | false | undefined;

/** Finds `setsid`. Deno's own option forks, which copies all page tables: 2 to 17 ms, during which
 * everything waits. Starting the program takes only a vfork. */
function findSetsid(): string | false {
  return setsidPath ??= SETSID_PATHS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? false;
}

/** Options of the command. */
export type LeaderOptions = Omit<Deno.CommandOptions, "args" | "detached">;

/**
 * Starts a program as the leader of a new session and process group.
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
  noteLeader(child.pid, child.status);
  return child;
}

/** Notes a child that leads a session until it has been waited for. */
export function noteLeader(pid: number, status: Promise<unknown>): void {
  started.add(pid);
  const ended = () => void started.delete(pid);
  status.then(ended, ended);
}

/** Notes a session of a helper, until the returned function is called. */
export function noteHelperSession(pid: number): () => void {
  helperSessions.add(pid);
  return () => void helperSessions.delete(pid);
}

/** Whether a session is that of a helper. */
export function isHelperSession(sessionId: number): boolean {
  return helperSessions.has(sessionId);
}

/** Whether a child is a session leader that this process started. */
export function isStartedByUs(pid: number): boolean {
  return started.has(pid);
}
