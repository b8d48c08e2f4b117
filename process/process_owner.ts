/**
 * Starts commands and owns them: no descendant outlives the owner, whether
 * it closes normally or is killed.
 *
 * A descendant is found by its mark, its session or its parents. One that has dropped all three is
 * a child of this process if the owner adopts orphans. Its group is then unknown,
 * so it is killed when no running group is as old as it is.
 *
 * @module
 */

import { adoptedChildren, areChildrenListed, ZombieReaper } from "./adopted_children.ts";
import { openStarter } from "./direct_starter.ts";
import { killFamily } from "./kill_family.ts";
import { ProcessGroup } from "./process_group.ts";
import { ProcessScanner } from "./process_scanner.ts";
import type { ProcessEntry } from "./process_table.ts";
import { Reaper } from "./reaper.ts";
import type { CommandStarter, ShellCommand } from "./shell_command.ts";
import { StraySweeper } from "./stray_sweeper.ts";

/** Options of {@linkcode ProcessOwner}. */
export interface ProcessOwnerOptions {
  /**
   * Whether all orphans that this process adopts descend from its groups. It becomes a subreaper.
   *
   * @default {false}
   */
  readonly adoptsOrphans?: boolean;
  /** Starts the commands; the owner disposes of it. @default {openStarter()} */
  readonly starter?: CommandStarter | undefined;
}

/** All process groups of this process. The caller must close it. */
export class ProcessOwner {
  readonly #mark: string = crypto.randomUUID();
  readonly #scanner = new ProcessScanner();
  readonly #sweeper = new StraySweeper(this.#scanner, {
    unclaimed: () => this.#unclaimed(),
    mayStray: () => this.#mayStray(),
  });
  readonly #groups = new Set<ProcessGroup>();
  readonly #adoptsOrphans: boolean;
  #starter: CommandStarter | undefined;
  #reaper: Reaper | undefined;
  #zombieReaper: ZombieReaper | undefined;
  readonly #listsChildren = areChildrenListed();
  #strangers: readonly number[] = [];
  #isClosed = false;

  /**
   * Creates an owner without processes.
   *
   * @param options Whether to adopt orphans, and how to start commands.
   */
  constructor({ adoptsOrphans = false, starter }: ProcessOwnerOptions = {}) {
    this.#adoptsOrphans = adoptsOrphans;
    this.#starter = starter;
  }

  /**
   * Starts a command as a process group of its own.
   *
   * @throws {Error} when it can't be started, or when the owner is closed.
   */
  start(command: ShellCommand): ProcessGroup {
    if (this.#isClosed) throw new Error("Cannot start a command: its owner is closed");
    if (!this.#reaper) this.#prepare();
    const group = new ProcessGroup(command, {
      ownerMark: this.#mark,
      scanner: this.#scanner,
      starter: this.#starter ??= openStarter(),
    });
    this.#groups.add(group);
    const ended = () => {
      this.#groups.delete(group);
      this.#sweeper.add(group);
    };
    group.exited.then(ended, ended);
    return group;
  }

  /**
   * Kills all groups and their orphans, and dismisses the reaper. No command can
   * be started afterwards.
   *
   * @param graceMs The time between SIGTERM and SIGKILL, in milliseconds.
   */
  async close(graceMs = 0): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#groups].map((group) => group.kill(graceMs)));
    await this.#sweeper.close();
    await killFamily(this.#scanner, { marks: [this.#mark], known: this.#unclaimed() });
    await this.#reaper?.close();
    this.#zombieReaper?.[Symbol.dispose]();
    this.#starter?.[Symbol.dispose]();
  }

  /** Starts the reapers before the first command. */
  #prepare(): void {
    this.#reaper = new Reaper(this.#mark);
    if (!this.#adoptsOrphans) return;
    this.#zombieReaper = ZombieReaper.start({ adopt: true });
    this.#strangers = adoptedChildren().map(({ pid }) => pid);
  }

  /** Adopted children that no running group can have started. */
  #unclaimed(): ProcessEntry[] {
    if (!this.#zombieReaper) return [];
    return adoptedChildren().filter((child) =>
      !this.#strangers.includes(child.pid) &&
      ![...this.#groups].some((group) => group.mayOwn(child))
    );
  }
  /** Whether descendants of ended groups can exist. If this process adopts orphans, each of them
   * descends from an adopted child. */
  #mayStray(): boolean {
    return !this.#zombieReaper || !this.#listsChildren || adoptedChildren().length > 0;
  }
}
