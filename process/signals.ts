/**
 * Sends signals, and decodes exit statuses.
 *
 * @module
 */

/** The offset that shells and Deno add to the number of a signal. */
const SIGNAL_BASE = 128;

/**
 * Sends a signal to a process, or to a group of them when `pid` is negative.
 *
 * @returns Whether it was delivered: false if the process has ended or belongs to another user.
 */
export function sendSignal(pid: number, signal: Deno.Signal): boolean {
  // 0 is our own group, 1 is init, and -1 is every process.
  if (!(Math.abs(pid) > 1)) return false;
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

/** Decodes the status that waitpid(2) gives: the exit status, or minus the number of the signal. */
export function exitStatusOfWaitStatus(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : -signal;
}

/** Waits for a child; returns its exit status, or minus the number of the signal. */
export async function exitStatusOf(child: Deno.ChildProcess): Promise<number> {
  try {
    const { code, signal } = await child.status;
    return signal === null ? code : SIGNAL_BASE - code;
  } catch (error) {
    // Deno has no names for realtime signals and rejects with `Invalid signal: 34`.
    const text = error instanceof Error ? error.message : "";
    const [, number] = /^Invalid signal: (\d+)$/.exec(text) ?? [];
    if (number === undefined) throw error;
    return -Number(number);
  }
}
