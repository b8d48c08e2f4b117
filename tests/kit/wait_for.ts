/**
 * Waiting in tests: for a condition, never for a time.
 *
 * @module
 */

/**
 * How long a condition may take to come true, in milliseconds. Only a test that fails waits so long;
 * a busy machine needs much less.
 */
export const WAIT_LIMIT_MS = 120_000;

/** How often it is looked at, at most and at least. */
const MIN_PERIOD_MS = 10;
const MAX_PERIOD_MS = 100;

/** How long nothing is done for each look: one at all processes would keep a core busy. */
const REST = 19;

/**
 * Resolves to the first truthy value of the condition.
 *
 * @throws {Error} naming `what` when it does not come true.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  what: string,
  limitMs = WAIT_LIMIT_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + limitMs;
  while (true) {
    const startedMs = performance.now();
    const value = await condition();
    if (value) return value;
    const endedMs = performance.now();
    if (endedMs > deadline) throw new Error(`Timed out waiting for ${what}`);
    const restMs = Math.min(Math.max(REST * (endedMs - startedMs), MIN_PERIOD_MS), MAX_PERIOD_MS);
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}
