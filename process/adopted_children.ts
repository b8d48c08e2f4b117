/**
 * Children that this process did not start: descendants that have lost their parents, which the
 * kernel gives to process 1 of a container and to a subreaper.
 *
 * @see PR_SET_CHILD_SUBREAPER in prctl(2)
 * @module
 */

import { Libc } from "./libc.ts";
import { parseStat, type ProcessEntry, readProcess } from "./process_table.ts";
import { isStartedByUs } from "./session_leader.ts";

/** How often those that have ended are looked for. */
const REAP_PERIOD_MS = 1_000;

/** The ids of all children; empty where the kernel does not list them (CONFIG_PROC_CHILDREN). */
function childPids(): number[] {
  try {
    // The kernel gives orphans to the first thread.
    const text = Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/children`);
    return text.split(" ").filter((word) => word !== "").map(Number);
  } catch {
    return [];
  }
}

function isZombie(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return parseStat(stat) === undefined;
  } catch {
    return false;
  }
}

/** The living children that somebody else started. */
export function adoptedChildren(): ProcessEntry[] {
  const own = readProcess("self");
  // What Deno starts without a session stays in ours; no descendant can come back to it.
  return childPids().filter((pid) => !isStartedByUs(pid)).flatMap((pid) => readProcess(pid) ?? [])
    .filter(({ sessionId }) => sessionId !== own?.sessionId);
}

/** Reaps adopted children that have ended. Must be closed. */
export class ZombieReaper implements Disposable {
  readonly #libc: Libc;
  readonly #timer: ReturnType<typeof setInterval>;
  #seen: ReadonlySet<number> = new Set();

  private constructor(libc: Libc) {
    this.#libc = libc;
    this.#timer = setInterval(() => this.#reap(), REAP_PERIOD_MS);
    Deno.unrefTimer(this.#timer);
  }

  /**
   * Starts reaping.
   *
   * @param options.adopt Whether to become the parent of orphans, as process 1 is anyway.
   * @returns Undefined where the system does not let us.
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

  #reap(): void {
    // Deno takes the status of its own children long before they are seen twice.
    const zombies = new Set(childPids().filter(isZombie));
    for (const pid of zombies) if (this.#seen.has(pid)) this.#libc.reap(pid);
    this.#seen = zombies;
  }
}
