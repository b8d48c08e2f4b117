/**
 * Starts commands as `/bin/sh -c` with nothing in between: one program instead of three. Where the
 * C library or the kernel does not offer what that takes, shell_command.ts starts them.
 *
 * @module
 */

import { MAX_TIMER_MS } from "../support/timer.ts";
import { inheritedOpenFileLimit } from "./open_file_limit.ts";
import { OomScore } from "./oom_score.ts";
import { type FileToOpen, PosixSpawn } from "./posix_spawn.ts";
import { noteLeader } from "./session_leader.ts";
import {
  type CommandStarter,
  LAUNCHER_STARTER,
  launcherArgs,
  type Leader,
  type ShellCommand,
} from "./shell_command.ts";

const SHELL = "/bin/sh";

const [O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NONBLOCK] = [1, 0o100, 0o200, 0o2000, 0o4000];
const O_NOFOLLOW = { x86_64: 0o400000, aarch64: 0o100000 }[Deno.build.arch];

const NO_INPUT: FileToOpen = { path: "/dev/null", flags: 0 };
const APPEND = O_WRONLY | O_APPEND | O_CREAT;
/** Takes nothing that is there. */
const CREATE = APPEND | O_EXCL;
/** Follows no link, and waits for no reader of a pipe that another program has just put there. */
const TAKE = APPEND | O_NOFOLLOW | O_NONBLOCK;

/** The starter that takes the least time on this system. */
export function openStarter(): CommandStarter {
  return DirectStarter.open() ?? LAUNCHER_STARTER;
}

/** Starts commands without a launcher. */
export class DirectStarter implements CommandStarter {
  readonly #spawn: PosixSpawn;
  /** Absent where this process may not change it: then a launcher does, in the child. */
  readonly #oomScore = OomScore.open();
  readonly #running = new Map<number, PromiseWithResolvers<number>>();
  readonly #reap = () => this.#reapEnded();
  #isListening = false;
  /** Keeps the event loop alive while a command runs, which a signal listener does not. */
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  private constructor(spawn: PosixSpawn) {
    this.#spawn = spawn;
  }

  /** Opens it; undefined if the C library lacks a function. */
  static open(): DirectStarter | undefined {
    const spawn = PosixSpawn.open();
    return spawn && new DirectStarter(spawn);
  }

  /** Starts a command as the leader of a new session and process group. */
  start(command: ShellCommand): Leader {
    if (!this.#isListening) Deno.addSignalListener("SIGCHLD", this.#reap);
    this.#isListening = true;
    const pid = this.#startProcess(command);
    const ending = Promise.withResolvers<number>();
    this.#running.set(pid, ending);
    this.#keepAlive ??= setInterval(() => {}, MAX_TIMER_MS);
    noteLeader(pid, ending.promise);
    return {
      pid,
      exitStatus: ending.promise,
      killGroup: () => this.#spawn.killGroup(pid),
    };
  }

  /** Stops waiting for commands; it must be the last call. */
  [Symbol.dispose](): void {
    clearInterval(this.#keepAlive);
    if (this.#isListening) Deno.removeSignalListener("SIGCHLD", this.#reap);
    this.#oomScore?.[Symbol.dispose]();
    this.#spawn[Symbol.dispose]();
  }

  #startProcess(command: ShellCommand): number {
    const { oomScoreIncrease = 0, cgroupProcsPath, directory, environment } = command;
    const program = { path: SHELL, directory, environment, files: filesOf(command) };
    const isScoreRaised = oomScoreIncrease > 0;
    // A process can only join a control group by itself, before its first allocation and fork.
    if (cgroupProcsPath !== undefined || isScoreRaised && !this.#oomScore) {
      return this.#spawn.start({ ...program, args: [SHELL, ...launcherArgs(command)] });
    }
    const args = [SHELL, "-c", "--", command.command];
    const openFileLimit = inheritedOpenFileLimit();
    const start = () => this.#spawn.start({ ...program, args, openFileLimit });
    return this.#oomScore && isScoreRaised
      ? this.#oomScore.raised(oomScoreIncrease, start)
      : start();
  }

  /** The kernel can report the ends of several children by one signal, and those of others. */
  #reapEnded(): void {
    for (const [pid, { resolve, reject }] of this.#running) {
      try {
        const exitStatus = this.#spawn.ended(pid);
        if (exitStatus === undefined) continue;
        this.#running.delete(pid);
        resolve(exitStatus);
      } catch (error) {
        this.#running.delete(pid);
        reject(error);
      }
    }
    if (this.#running.size > 0) return;
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }
}

function filesOf(
  { standardOutputPath, standardErrorPath, freshPaths = [] }: ShellCommand,
): FileToOpen[] {
  const flags = (path: string) => freshPaths.includes(path) ? CREATE : TAKE;
  const output = { path: standardOutputPath, flags: flags(standardOutputPath) };
  // The same file is there by then.
  const isShared = standardErrorPath === standardOutputPath;
  const error = { path: standardErrorPath, flags: isShared ? TAKE : flags(standardErrorPath) };
  return [NO_INPUT, output, error];
}
