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

/** How often it is looked at. */
const PERIOD_MS = 5;

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
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`Timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
  }
}
