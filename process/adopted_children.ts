/**
 * Children that this process did not start: orphaned descendants, which the
 * kernel reparents to process 1 of a container or to a subreaper.
 *
 * @see PR_SET_CHILD_SUBREAPER in prctl(2)
 * @module
 */

import { readText } from "../support/read_text.ts";
import { Libc } from "./libc.ts";
import { type ProcessEntry, readProcess, readStat, zombieSession } from "./process_table.ts";
import { isHelperSession, isStartedByUs } from "./session_leader.ts";

/** The interval between checks for ended children. */
const REAP_PERIOD_MS = 1_000;

/** The ids of all children; undefined if the kernel does not list them (CONFIG_PROC_CHILDREN). */
function childPids(): number[] | undefined {
  // The kernel reparents orphans to the first thread.
  const text = readText(`/proc/self/task/${Deno.pid}/children`);
  return text?.split(" ").filter((word) => word !== "").map(Number);
}

/** Whether the kernel lists the children of a process. */
export function areChildrenListed(): boolean {
  return childPids() !== undefined;
}

/** The children that are not our session leaders. Other children of Deno stay in our session, which
 * no descendant can rejoin. */
function foreignPids(): number[] {
  return childPids()?.filter((pid) => !isStartedByUs(pid)) ?? [];
}

/** Children of helpers, which are read once: such a child lives as long as its owner. */
let helpers: readonly number[] = [];

/** The living children that descend from commands, but were not started by this process. */
export function adoptedChildren(): ProcessEntry[] {
  const pids = foreignPids();
  helpers = helpers.filter((pid) => pids.includes(pid));
  const entries = pids.filter((pid) => !helpers.includes(pid))
    .flatMap((pid) => readProcess(pid) ?? []);
  if (entries.length === 0) return [];
  const ofHelpers = entries.filter(({ sessionId }) => isHelperSession(sessionId));
  helpers = [...helpers, ...ofHelpers.map(({ pid }) => pid)];
  const ownSession = readStat("self")?.sessionId;
  return entries.filter((entry) =>
    entry.sessionId !== ownSession && !isHelperSession(entry.sessionId)
  );
}

/** Reaps adopted children that have ended. The caller must dispose of it. */
export class ZombieReaper implements Disposable {
  readonly #libc: Libc;
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(libc: Libc) {
    this.#libc = libc;
    this.#timer = setInterval(() => this.reap(), REAP_PERIOD_MS);
    Deno.unrefTimer(this.#timer);
  }

  /**
   * Starts reaping.
   *
   * @param options.adopt Whether to become a subreaper; process 1 adopts orphans anyway.
   * @returns Undefined if the system does not permit it.
   */
  static start({ adopt }: { adopt: boolean }): ZombieReaper | undefined {
    const libc = Libc.open();
    if (!libc) return undefined;
    if (!adopt || libc.becomeSubreaper()) return new ZombieReaper(libc);
    libc[Symbol.dispose]();
    return undefined;
  }

  /** Stops reaping. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#libc[Symbol.dispose]();
  }

  /** Reaps all children that have ended. A timer calls it every second. */
  reap(): void {
    const ownSession = readStat("self")?.sessionId;
    // Reap only children that Deno did not start: it fails if the status of its own child was
    // taken.
    for (const pid of foreignPids()) {
      const session = zombieSession(pid);
      if (session !== undefined && session !== ownSession) this.#libc.reap(pid);
    }
  }
}
