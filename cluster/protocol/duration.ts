/**
 * Durations as Mesos writes them: `5secs`, `15mins`, `1.5hrs`. Pure.
 *
 * @see stout/duration.hpp in Mesos
 * @module
 */

type Unit = readonly [name: string, ms: number];

const NANOSECONDS: Unit = ["ns", 1e-6];

const UNITS: readonly Unit[] = [
  ["weeks", 604_800_000],
  ["days", 86_400_000],
  ["hrs", 3_600_000],
  ["mins", 60_000],
  ["secs", 1_000],
  ["ms", 1],
  ["us", 1e-3],
  NANOSECONDS,
];

/** Uses the largest unit that fits, or the next smaller one if only that gives a whole number. */
export function formatDuration(ms: number): string {
  const [largest = NANOSECONDS, next = NANOSECONDS] = UNITS.filter(([, length]) => ms >= length);
  const isWhole = ([, length]: Unit) => Math.abs(ms / length - Math.round(ms / length)) < 1e-9;
  const [name, length] = !isWhole(largest) && isWhole(next) ? next : largest;
  return `${Number((ms / length).toPrecision(15))}${name}`;
}
