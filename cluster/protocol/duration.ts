/**
 * Durations as Mesos writes them: `5secs`, `15mins`, `1.5hrs`. Pure.
 *
 * @see stout/duration.hpp in Mesos
 * @module
 */

const UNITS: readonly [name: string, ms: number][] = [
  ["weeks", 604_800_000],
  ["days", 86_400_000],
  ["hrs", 3_600_000],
  ["mins", 60_000],
  ["secs", 1_000],
  ["ms", 1],
  ["us", 1e-3],
  ["ns", 1e-6],
];

/** Uses the largest unit that fits, or the next smaller one if only that gives a whole number. */
export function formatDuration(ms: number): string {
  const found = UNITS.findIndex(([, length]) => ms >= length);
  const index = found < 0 ? UNITS.length - 1 : found;
  const whole = (candidate: number) => {
    const amount = ms / (UNITS[candidate]?.[1] ?? 1);
    return Math.abs(amount - Math.round(amount)) < 1e-9;
  };
  const chosen = !whole(index) && index + 1 < UNITS.length && whole(index + 1) ? index + 1 : index;
  const [name, length] = UNITS[chosen] as [string, number];
  return `${Number((ms / length).toPrecision(15))}${name}`;
}
