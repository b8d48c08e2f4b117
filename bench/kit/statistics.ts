/**
 * Quantiles and rates.
 *
 * @module
 */

import type { Figure, Target } from "./figure.ts";

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** p50, p90 and p99 of durations in milliseconds. */
export function latencyFigures(
  name: string,
  values: readonly number[],
  target?: Target,
): Figure[] {
  const note = `${values.length} samples`;
  return [
    {
      name: `${name}, p50`,
      value: quantile(values, 0.5),
      unit: "ms",
      note,
      ...(target ? { target } : {}),
    },
    { name: `${name}, p90`, value: quantile(values, 0.9), unit: "ms", note },
    { name: `${name}, p99`, value: quantile(values, 0.99), unit: "ms", note },
  ];
}

/** Runs an action; resolves to its duration in milliseconds, and its result. */
export async function timed<T>(action: () => T | Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await action();
  return { ms: performance.now() - start, result };
}
