/**
 * A shell command and its descendants: the leader, its session, and the orphans that left
 * the session or lost their parents.
 *
 * ```text
 *            leader exits                KILL the remaining
 *  RUNNING ──────────────► LEFTOVERS ─────────────────────────► EXITED
 *     │ kill()                                                     ▲
 *     └─► STOP, look up, TERM, CONT ─► grace ─► KILL until gone ───┘
 * ```
 *
 * @module
 */

import { getLogger } from "../support/log.ts";
import { adoptedChildren } from "./adopted_children.ts";
import { Deadline } from "./deadline.ts";
import { killFamily, longerPause } from "./kill_family.ts";
import { addMarks } from "./marks.ts";
import type { ProcessScanner } from "./process_scanner.ts";
import { familyOf, isAlive, type ProcessEntry, startTicksOf } from "./process_table.ts";
import type { CommandStarter, Leader, ShellCommand } from "./shell_command.ts";
import { sendSignal } from "./signals.ts";

const log = getLogger("process");

const FIRST_PAUSE_MS = 5;

/** How a process group ended. */
export interface Exit {
  /** The leader's exit status, or minus the number of the signal that ended it. */
  exitStatus: number;
  /** How long the leader ran, by a monotonic clock; greater than 0. */
  wallTimeSeconds: number;
  /** Whether {@linkcode ProcessGroup.kill} reached the leader while it ran. */
  killed: boolean;
}

/** Options of {@linkcode ProcessGroup}. */
export interface ProcessGroupOptions {
  /** The mark of the owner; the group adds its own. */
  ownerMark: string;
  /** Finds the descendants. */
  scanner: ProcessScanner;
  /** Starts the command. */
  starter: CommandStarter;
}

/** A running command. */
export class ProcessGroup {
  /** The mark that every descendant carries that keeps its environment. */
  readonly mark: string = crypto.randomUUID();
  /** The leader; also the id of group and session. */
  readonly pid: number;
  /** Settles when the leader has exited and no process of its session is left. */
  readonly exited: Promise<Exit>;
  readonly #scanner: ProcessScanner;
  readonly #startedMs: number;
  #startTicks: number | undefined;
  readonly #leader: Leader;
  readonly #deadline = new Deadline();
  #known: ProcessEntry[] = [];
  #killed = false;
  #ending: Promise<void> | undefined;

  /**
   * Starts a command.
   *
   * @param command The command.
   * @param options The owner's mark, the scanner and the starter.
   * @throws {Error} when it can't be started.
   */
  constructor(command: ShellCommand, options: ProcessGroupOptions) {
    this.#scanner = options.scanner;
    const environment = addMarks(command.environment, [options.ownerMark, this.mark]);
    this.#startedMs = performance.now();
    this.#leader = options.starter.start({ ...command, environment });
    this.pid = this.#leader.pid;
    this.exited = this.#waitForEnd();
  }

  /**
   * Terminates the process tree: SIGTERM, and after the grace period SIGKILL. Stopped processes are
   * continued. Another call can shorten the grace period; after the end it does nothing.
   *
   * @param graceMs The longest time between the two signals, in milliseconds.
   * @returns Settles when no process is left, or after some seconds of unsuccessful SIGKILL.
   */
  kill(graceMs: number): Promise<void> {
    this.#deadline.within(graceMs);
    return this.#ending ??= this.#terminate();
  }

  /** Whether an orphan can descend from this group. */
  mayOwn({ startTicks }: ProcessEntry): boolean {
    // Only the leader's own end makes it unreadable; then any orphan can be of this group.
    this.#startTicks ??= startTicksOf(this.pid) ?? 0;
    return startTicks >= this.#startTicks;
  }

  async #waitForEnd(): Promise<Exit> {
    const exitStatus = await this.#leader.exitStatus;
    const wallTimeSeconds = (performance.now() - this.#startedMs) / 1000;
    await (this.#ending ??= this.#killLeftovers());
    this.#deadline.clear();
    return { exitStatus, wallTimeSeconds, killed: this.#killed };
  }

  async #terminate(): Promise<void> {
    // An exited leader that has not been waited for yet ended by itself.
    this.#killed = isAlive(this.pid);
    // Stopped processes can't exit, fork or leave orphans during the scan.
    this.#signalAll("SIGSTOP");
    await this.#lookUp();
    this.#signalAll("SIGTERM");
    this.#signalAll("SIGCONT");
    await Promise.race([this.#leader.exitStatus, this.#deadline.reached]);
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#deadline.isReached && (await this.#lookUp()).length > 0) {
      await this.#deadline.pause(pauseMs);
      pauseMs = longerPause(pauseMs);
    }
    if (this.#known.length > 0) await this.#killFamily();
  }

  async #killLeftovers(): Promise<void> {
    // The kernel does not reuse the id of a group with members, nor that of an empty one at once.
    const isGroupLeft = this.#leader.killGroup();
    this.#known = adoptedChildren().filter(({ sessionId, marks }) =>
      sessionId === this.pid || marks.includes(this.mark)
    );
    if (isGroupLeft || this.#known.length > 0) await this.#killFamily();
  }

  #signalAll(signal: Deno.Signal): void {
    sendSignal(-this.pid, signal);
    for (const { pid, groupId } of this.#known) {
      if (groupId !== this.pid) sendSignal(pid, signal);
    }
  }

  async #lookUp(): Promise<ProcessEntry[]> {
    const traits = { marks: [this.mark], sessionIds: [this.pid], known: this.#known };
    this.#known = familyOf(await this.#scanner.scan(), traits);
    return this.#known;
  }

  async #killFamily(): Promise<void> {
    const traits = { marks: [this.mark], sessionIds: [this.pid], known: this.#known };
    const survivors = await killFamily(this.#scanner, traits);
    for (const { pid } of survivors) log.warn("Process {pid} survived SIGKILL", { pid });
  }
}
