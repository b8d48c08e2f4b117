/**
 * Children that this process did not start: descendants that have lost their parents, which the
 * kernel gives to process 1 of a container and to a subreaper.
 *
 * @see PR_SET_CHILD_SUBREAPER in prctl(2)
 * @module
 */

import { Libc } from "./libc.ts";
import { type ProcessEntry, readProcess, zombieSession } from "./process_table.ts";
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

/** The children that are not leaders of ours. What else Deno starts stays in our session, to which
 * no descendant can come back. */
function foreignPids(): number[] {
  return childPids().filter((pid) => !isStartedByUs(pid));
}

/** The living children that somebody else started. */
export function adoptedChildren(): ProcessEntry[] {
  const own = readProcess("self");
  return foreignPids().flatMap((pid) => readProcess(pid) ?? [])
    .filter(({ sessionId }) => sessionId !== own?.sessionId);
}

/** Reaps adopted children that have ended. Must be closed. */
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

  /** Reaps those that have ended until now. It happens by itself every second. */
  reap(): void {
    const ownSession = readProcess("self")?.sessionId;
    // Deno fails where it waits for a child whose status was taken: only what it did not start.
    for (const pid of foreignPids()) {
      const session = zombieSession(pid);
      if (session !== undefined && session !== ownSession) this.#libc.reap(pid);
    }
  }
}
