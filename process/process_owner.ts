/**
 * Starts commands and answers for them: nothing that descends from them outlives the owner, whether
 * it closes in order or is killed.
 *
 * @module
 */

import { killFamily } from "./kill_family.ts";
import { ProcessGroup } from "./process_group.ts";
import { ProcessScanner } from "./process_scanner.ts";
import { Reaper } from "./reaper.ts";
import type { ShellCommand } from "./shell_command.ts";
import { StraySweeper } from "./stray_sweeper.ts";

/** All process groups of this process. Must be closed. */
export class ProcessOwner {
  readonly #mark: string = crypto.randomUUID();
  readonly #scanner = new ProcessScanner();
  readonly #sweeper = new StraySweeper(this.#scanner);
  readonly #groups = new Set<ProcessGroup>();
  #reaper: Reaper | undefined;
  #isClosed = false;

  /**
   * Starts a command as a process group of its own.
   *
   * @throws {Error} when it can't be started, or when nothing can any more.
   */
  start(command: ShellCommand): ProcessGroup {
    if (this.#isClosed) throw new Error("Cannot start a command: its owner is closed");
    // Before the first process that it might be needed for.
    this.#reaper ??= new Reaper(this.#mark);
    const group = new ProcessGroup(command, {
      ownerMark: this.#mark,
      scanner: this.#scanner,
    });
    this.#groups.add(group);
    const ended = () => {
      this.#groups.delete(group);
      this.#sweeper.add(group.mark);
    };
    group.exited.then(ended, ended);
    return group;
  }

  /**
   * Kills all groups and whatever strayed from any of them, and dismisses the reaper. Nothing can
   * be started afterwards.
   *
   * @param graceMs Between SIGTERM and SIGKILL, in milliseconds.
   */
  async close(graceMs = 0): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#groups].map((group) => group.kill(graceMs)));
    await this.#sweeper.close();
    await killFamily(this.#scanner, { marks: [this.#mark] });
    await this.#reaper?.close();
  }
}
