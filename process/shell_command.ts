/**
 * Commands for the shell, started in sessions of their own.
 *
 * @module
 */

import { inheritedOpenFileLimit } from "./open_file_limit.ts";
import { startSessionLeader } from "./session_leader.ts";

/** What to start, and where. */
export interface ShellCommand {
  /** Given to `/bin/sh -c --`. */
  command: string;
  /** The working directory; it must exist. */
  directory: string;
  /** The whole environment: nothing is inherited. */
  environment: Readonly<Record<string, string>>;
  /** The file to which standard output is appended; it must be possible to open it. */
  standardOutputPath: string;
  /** The file to which standard error is appended; may be the same. */
  standardErrorPath: string;
  /** By how much sooner than us the kernel shall pick it when memory runs out, 0 to 1000. */
  oomScoreIncrease?: number | undefined;
  /** The `cgroup.procs` of the control group that it joins; where it can't, it runs all the same. */
  cgroupProcsPath?: string | undefined;
}

// `exec` keeps the process id, and files need nobody to pump them. The score and the limit are
// wishes: where they can't be set the command runs all the same.
const LAUNCHER = `
{ read -r score </proc/self/oom_score_adj && echo $((score + $4)) >/proc/self/oom_score_adj
  [ -z "$5" ] || ulimit -S -n "$5"
  [ -z "$6" ] || echo $$ >"$6"
} 2>/dev/null
exec /bin/sh -c -- "$1" >>"$2" 2>>"$3"`;

/**
 * Starts a command: its process id is the id of its session and group too.
 *
 * @throws {Error} when it can't be started; the text holds nothing of the environment.
 */
export function startShell(command: ShellCommand): Deno.ChildProcess {
  const args = [
    "-c",
    LAUNCHER,
    "sh",
    command.command,
    command.standardOutputPath,
    command.standardErrorPath,
    String(command.oomScoreIncrease ?? 0),
    inheritedOpenFileLimit() ?? "",
    command.cgroupProcsPath ?? "",
  ];
  return startSessionLeader("/bin/sh", args, {
    cwd: command.directory,
    clearEnv: true,
    env: { ...command.environment },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
}
