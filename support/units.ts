/**
 * Parses and formats sizes and durations.
 *
 * @module
 */

const SIZE_REGEXP = /^(\d+(?:\.\d+)?)\s*([kmgtp]i?)?b?$/i;
const DURATION_REGEXP = /^(\d+(?:\.\d+)?)\s*(ns|us|ms|s|secs?|m|mins?|h|hrs?|d|days?|w|weeks?)$/i;

const SIZE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  p: 1e15,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
  pi: 2 ** 50,
};

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
};

/** Some 190 years, in weeks: longer times can't be given to Mesos, which counts nanoseconds. */
const LONGEST_WEEKS = 10_000;

/** The longest duration. */
export const MAX_DURATION_MS: number = LONGEST_WEEKS * 604_800_000;

/** One mebibyte, the unit in which Mesos counts memory and disk. */
export const MEBIBYTE = 2 ** 20;

/** Mesos counts durations and times in nanoseconds. */
export const NANOSECONDS_PER_MS = 1_000_000;

/**
 * Bytes of a size such as `512`, `2G` (decimal), `2Gi`, `2 GiB` or `1.5mb`, rounded up.
 *
 * @throws {RangeError} when it is not a size, or exceeds the safe integers.
 */
export function parseSize(text: string): number {
  const match = SIZE_REGEXP.exec(text.trim());
  const unit = SIZE_UNITS[match?.[2]?.toLowerCase() ?? ""];
  const bytes = match && unit ? Math.ceil(Number(match[1]) * unit) : NaN;
  if (!Number.isSafeInteger(bytes)) {
    throw new RangeError(`Cannot read "${text}" as a size: expected e.g. 2Gi, 500M or 1024`);
  }
  return bytes;
}

/**
 * Milliseconds of a duration such as `500ms`, `5s`, `10m`, `2h` or `1w`, or as Mesos writes them:
 * `15mins`, `2secs`, `3hrs`.
 *
 * @throws {RangeError} when it is not a duration, or longer than {@linkcode MAX_DURATION_MS}.
 */
export function parseDuration(text: string): number {
  // Nothing is nothing in every unit.
  if (/^0+$/.test(text.trim())) return 0;
  const match = DURATION_REGEXP.exec(text.trim());
  const written = match?.[2]?.toLowerCase() ?? "";
  const unit = DURATION_UNITS_MS[written] ?? DURATION_UNITS_MS[written.replace(/s$/, "")];
  if (!match || unit === undefined) {
    throw new RangeError(`Cannot read "${text}" as a duration: expected e.g. 500ms, 5s, 10m or 1w`);
  }
  const ms = Number(match[1]) * unit;
  if (ms > MAX_DURATION_MS) {
    throw new RangeError(
      `Cannot read "${text}" as a duration: ${LONGEST_WEEKS}w is the longest`,
    );
  }
  return ms;
}

/** Formats a size: the largest binary unit with at most one decimal, such as `2.5 GiB`. */
export function formatSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let exponent = 0;
  let amount = bytes;
  while (amount >= 1024 && exponent < units.length - 1) {
    amount /= 1024;
    exponent++;
  }
  return `${Number(amount.toFixed(1))} ${units[exponent]}`;
}

/** Formats a duration: `0.4 s`, `12.3 s`, `4m05s`, `2h03m`, `3d04h`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const padded = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${padded(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${padded((whole % 3600) / 60)}m`;
  return `${Math.floor(whole / 86_400)}d${padded((whole % 86_400) / 3600)}h`;
}
