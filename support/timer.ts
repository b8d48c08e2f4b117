/**
 * What timers can do.
 *
 * @module
 */

/** The longest time that a timer can be set to, some 24 days: one of a longer time ends at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;
