/**
 * Shell commands, each started in its own session.
 *
 * @module
 */

import { makeFreshFile } from "./fresh_files.ts";
import { inheritedOpenFileLimit } from "./open_file_limit.ts";
import { startSessionLeader } from "./session_leader.ts";
import { exitStatusOf, sendSignal } from "./signals.ts";

/** A command with its directory, environment and output files. */
export interface ShellCommand {
  /** The argument of `/bin/sh -c --`. */
  command: string;
  /** The working directory; it must exist. */
  directory: string;
  /** The whole environment: nothing is inherited. */
  environment: Readonly<Record<string, string>>;
  /** The file to which standard output is appended; it must be writable. */
  standardOutputPath: string;
  /** The file to which standard error is appended; may be the same. */
  standardErrorPath: string;
  /** Those of the two that a {@linkcode CommandStarter} creates; they must not exist. */
  freshPaths?: readonly string[] | undefined;
  /** How much the OOM score exceeds that of this process, 0 to 1000. */
  oomScoreIncrease?: number | undefined;
  /** The `cgroup.procs` file of the control group to join; failure to join is ignored. */
  cgroupProcsPath?: string | undefined;
}

/** A started command. */
export interface Leader {
  /** The process that runs the command; also the id of its session and process group. */
  readonly pid: number;
  /** Its exit status, or minus the number of the signal that ended it. */
  readonly exitStatus: Promise<number>;
  /** Sends SIGKILL to its process group, after its end, too; whether any process got it. */
  killGroup(): boolean;
}

/** Starts commands. The caller must dispose of it when they have ended. */
export interface CommandStarter extends Disposable {
  /**
   * Starts a command as the leader of a new session and process group.
   *
   * @throws {Error} when it can't be started; the message contains no part of the environment.
   */
  start(command: ShellCommand): Leader;
}

/** Starts commands with a launcher, on every system. */
export const LAUNCHER_STARTER: CommandStarter = {
  start(command) {
    for (const path of command.freshPaths ?? []) makeFreshFile(path);
    const child = startShell(command);
    return {
      pid: child.pid,
      exitStatus: exitStatusOf(child),
      killGroup: () => sendSignal(-child.pid, "SIGKILL"),
    };
  },
  [Symbol.dispose]() {},
};

// `exec` keeps the process id, and output files need no copying. The score and the limit are
// optional: if they can't be set, the command runs without.
const LAUNCHER = `
{ read -r score </proc/self/oom_score_adj && echo $((score + $4)) >/proc/self/oom_score_adj
  [ -z "$5" ] || ulimit -S -n "$5"
  [ -z "$6" ] || echo $$ >"$6"
} 2>/dev/null
exec /bin/sh -c -- "$1" >>"$2" 2>>"$3"`;

/** The arguments of `/bin/sh` that make it the launcher of a command. */
export function launcherArgs(command: ShellCommand): string[] {
  return [
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
}

/**
 * Starts a command as the leader of a new session and process group.
 *
 * @throws {Error} when it can't be started; the message contains no part of the environment.
 */
export function startShell(command: ShellCommand): Deno.ChildProcess {
  return startSessionLeader("/bin/sh", launcherArgs(command), {
    cwd: command.directory,
    clearEnv: true,
    env: { ...command.environment },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
}
