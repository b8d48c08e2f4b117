/**
 * The limit of timers.
 *
 * @module
 */

/** The longest delay of a timer, some 24 days; a timer with a longer one fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;
